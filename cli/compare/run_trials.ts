/** All parts of an experiment, one after another. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileResult } from "../../train/mod.ts";
import { mustWork } from "../command/describe_errors.ts";
import type { Interrupted } from "./part_run.ts";
import { duration } from "../output/words.ts";
import type { Experiment, Trial } from "./experiment.ts";
import {
  finishedPart,
  keepPart,
  type Part,
  PARTS,
  partsOf,
  type PartTime,
  trialFolder,
} from "./experiment_folder.ts";
import { type JudgeContext, judgePart } from "./judge_parts.ts";
import { type PretrainContext, pretrainPart } from "./pretrain_part.ts";

/** Shared inputs of the parts of an experiment. */
export interface TrialContext extends JudgeContext, PretrainContext {
  readonly experiment: Experiment;
  readonly folder: string;
  /** Called when a part has been finished. */
  readonly finished: () => Promise<unknown>;
}

interface Task {
  readonly trial: Trial;
  readonly part: Part;
}

type MeanSeconds = ReadonlyMap<Part, number>;

/** Parts still to be done, and durations of those that were done. */
async function remaining(
  folder: string,
  trials: readonly Trial[],
): Promise<{ readonly tasks: readonly Task[]; readonly seconds: MeanSeconds }> {
  const tasks: Task[] = [];
  const taken = new Map<Part, number[]>();
  for (const trial of trials) {
    for (const part of partsOf(trial)) {
      const own = trialFolder(folder, trial);
      const done = await finishedPart<PartTime>(own, part);
      if (done === null) tasks.push({ trial, part });
      else taken.set(part, [...taken.get(part) ?? [], done.wallSeconds]);
    }
  }
  const seconds = [...taken].map(([part, all]) =>
    [part, all.reduce((sum, one) => sum + one, 0) / all.length] as const
  );
  return { tasks, seconds: new Map(seconds) };
}

/** Time that is left, once every kind of part has been done. */
function leftWords(tasks: readonly Task[], seconds: MeanSeconds): string {
  if (PARTS.some((part) => !seconds.has(part))) return "";
  const total = tasks.reduce(
    (sum, { part }) => sum + (seconds.get(part) ?? 0),
    0,
  );
  return `, about ${duration(total)} left`;
}

const WORDS: Readonly<Record<Part, string>> = {
  pretrain: "pre-training",
  finetune: "fine-tuning",
  probe: "linear probing",
};

/** Does a part and keeps its result. */
async function done(
  context: TrialContext,
  { trial, part }: Task,
): Promise<"finished" | Interrupted> {
  const own = trialFolder(context.folder, trial);
  mustWork(await fileResult(own, () => mkdir(own, { recursive: true })));
  const from = performance.now();
  const result = part === "pretrain"
    ? await pretrainPart(context, trial, join(own, part))
    : await judgePart(context, trial, part, context.folder);
  if (result === "interrupted") return result;
  const wallSeconds = (performance.now() - from) / 1000;
  await keepPart(own, part, { ...result, wallSeconds });
  await context.finished();
  return "finished";
}

/**
 * Does what is left of an experiment. Every part that is finished is kept; one that
 * was stopped goes on where it was.
 *
 * @throws {CommandFailed} where a part fails.
 */
export async function runTrials(
  context: TrialContext,
  trials: readonly Trial[],
): Promise<"finished" | Interrupted> {
  const { folder, signal, say } = context;
  const count = trials.reduce((sum, trial) => sum + partsOf(trial).length, 0);
  while (true) {
    const { tasks, seconds } = await remaining(folder, trials);
    const [task] = tasks;
    if (task === undefined) return "finished";
    if (signal.aborted) return "interrupted";
    const { trial: { method, seed }, part } = task;
    const place = `part ${count - tasks.length + 1} of ${count}`;
    say(
      `${place}: ${WORDS[part]}, ${method}, seed ${seed}${
        leftWords(tasks, seconds)
      }`,
    );
    if (await done(context, task) === "interrupted") return "interrupted";
  }
}
