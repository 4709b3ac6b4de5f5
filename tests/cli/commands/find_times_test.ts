import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { selectBackend } from "../../../backends/mod.ts";
import { runTrial } from "../../../cli/find/run_trial.ts";
import { togetherTrial } from "../../../cli/find/trials.ts";
import { openUnfrozenRun } from "../../../cli/find/unfrozen_run.ts";
import type { Findings } from "../../../cli/find/findings.ts";
import { NO_BAR } from "../../../cli/output/progress_bar.ts";
import { planOf } from "../../../core/mod.ts";
import { orThrow } from "../../../train/mod.ts";
import { right } from "../../right.ts";
import { inFolder } from "../../train/temporary_folder.ts";
import { lastLine } from "../evaluate/program.ts";
import { begun, find, WALK } from "../find/begun_run.ts";

/** A trial in which nothing freezes is the run itself. */
async function checkSameRun(folder: string): Promise<void> {
  const run = await openUnfrozenRun(folder, {});
  const { config, plan } = run.planned;
  deepStrictEqual(plan, right(planOf(config, 32)));
  const { totalSteps } = plan;
  const never = plan.layers.map(() => totalSteps);
  const trial = { ...togetherTrial(plan, never), start: 4, from: 5, to: 7 };
  const { backend } = orThrow(await selectBackend("wasm"));
  const { signal } = new AbortController();
  const context = { backend, signal, startBar: NO_BAR };
  const found = await runTrial(run, trial, context);
  ok(found !== "stopped");
  strictEqual(found.loss, found.own);
  ok(Number.isFinite(found.own));
  strictEqual(
    await runTrial(run, trial, { ...context, signal: AbortSignal.abort() }),
    "stopped",
  );
  backend.dispose();
}

/** Trials of which each is accepted: a walk down the first column. */
async function checkWalk(run: string): Promise<void> {
  const end = await find(run, ...WALK, "--loss-share", "9", "--edge-only");
  strictEqual(end.code, 0, end.stderr);
  const { proposal, trials } = lastLine(end) as unknown as Findings;
  deepStrictEqual(trials.map(({ layers, step }) => [layers, step]), [
    [2, 2],
    [5, 2],
  ]);
  const times = [0.25, 0.25, 0.25, 0.25, 0.25, 1, 1];
  deepStrictEqual(proposal?.freezeTimes, times);
  const together = proposal?.together;
  strictEqual(together?.loss, trials[1]?.loss, "the same trial is made once");
  match(end.stdout, /--freeze-times 0.25,.*,1 --lr-mode uniform$/m);
}

Deno.test("find-times tries what is asked for and proposes flags; a trial without freezing is the run, bit for bit", () =>
  inFolder(async (parent) => {
    const run = await begun(parent);
    await checkWalk(run);
    await checkSameRun(run);
  }));
