/**
 * Finds out from one unfrozen run when its layers may freeze: layers are frozen at its
 * checkpoints, training goes on, and the loss is compared with the run's own.
 */
import { join } from "node:path";
import { lockFolder } from "../../train/mod.ts";
import type { Command, CommandContext } from "../command/command.ts";
import { must, stopped } from "../command/command_failed.ts";
import { describeTraining } from "../command/describe_errors.ts";
import { interruption } from "../command/interruption.ts";
import { chosenGrid } from "../find/chosen_grid.ts";
import {
  DEFAULT_SHARE,
  FIND_FLAGS,
  type FindValues,
} from "../find/find_flags.ts";
import { type Findings, findings } from "../find/findings.ts";
import { writeFindings } from "../find/findings_files.ts";
import { findingsText } from "../find/findings_text.ts";
import {
  type Known,
  knownBefore,
  search,
  type SearchRequest,
} from "../find/search.ts";
import { costWords, type SearchCost, searchCost } from "../find/search_cost.ts";
import { makeTrialFolder } from "../find/trial_files.ts";
import { openUnfrozenRun } from "../find/unfrozen_run.ts";
import { barsOn, barStream } from "../output/progress_bar.ts";
import { readyRun } from "../runs/ready_run.ts";

type Context = CommandContext<typeof FIND_FLAGS>;

/** Everything that can be wrong with what is asked for is found here. */
async function requested(
  folder: string,
  values: FindValues,
): Promise<SearchRequest> {
  const run = await openUnfrozenRun(folder, values);
  return {
    run,
    grid: must(chosenGrid(run, values)),
    horizon: values.horizon ?? 1,
    share: values["loss-share"] ?? DEFAULT_SHARE,
    isEdgeOnly: values["edge-only"] ?? false,
    folder: values["output-dir"] ?? join(folder, "freeze_times"),
  };
}

/** Makes what trials are missing, and writes what is found. */
async function searched(
  request: SearchRequest,
  known: Known,
  { values, say }: Context,
): Promise<Findings> {
  const { run, folder } = request;
  const { backend } = await readyRun(
    ...[run.planned, run.settings, values, say, null] as const,
  );
  const { signal, allow } = interruption(say);
  try {
    const context = { backend, signal, startBar: barsOn(barStream()) };
    const found = await search(request, known, context, say);
    allow();
    const files = await writeFindings(request, found);
    const all = findings(request, found);
    if (found.isStopped) {
      return stopped(
        `stopped; what is done is in ${folder}, the same command goes on`,
        all,
      );
    }
    say(`\n${findingsText(request, found)}`);
    say(`folder: ${folder}: ${files.join(" ")}`);
    return all;
  } finally {
    run.planned.loading.workers?.[Symbol.dispose]();
    backend.dispose();
  }
}

async function findTimes(context: Context): Promise<Findings | SearchCost> {
  const { words: [folder = ""], values, say } = context;
  const request = await requested(folder, values);
  const known = await knownBefore(request);
  const cost = searchCost(request, known);
  say(costWords(request, cost, known.size));
  if (values["dry-run"]) return cost;
  await makeTrialFolder(request.folder);
  using _lock = must(await lockFolder(request.folder), describeTraining);
  return await searched(request, known, context);
}

/** The command. */
export const findTimesCommand: Command<typeof FIND_FLAGS> = {
  name: "find-times",
  summary: "Finds out from an unfrozen run when its layers may freeze",
  usage:
    `RUN is the folder of a pre-training in which nothing freezes (--t0 1) and which kept
checkpoints (--keep 12, for example). From each of them training goes on with the first
layer frozen, the first two, and so on, at the run's own rates; the loss at the end is
compared with the run's own, on the same images and masks. Proposed are the earliest
times that cost less than --loss-share of it. A map and the plan are drawn; Ctrl-C keeps
what is done, and the same command goes on.`,
  words: ["RUN"],
  fields: FIND_FLAGS,
  notes: () => [
    "Exit codes: 0 done, 1 a trial failed, 2 it cannot begin as asked, 130 stopped by Ctrl-C.",
  ],
  json: "always",
  run: findTimes,
};
