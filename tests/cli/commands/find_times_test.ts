import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
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
import { begun, find } from "../find/begun_run.ts";

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

/** Some trials, then more of them. */
async function checkSearch(run: string): Promise<void> {
  const flags = [run, "--layers", "2,5", "--times", "0.3,0.8"];
  const dry = await find(...flags, "--dry-run");
  strictEqual(dry.code, 0, dry.stderr);
  strictEqual(lastLine(dry)["trials"], 4);
  const first = await find(...flags, "--loss-share", "9", "--edge-only");
  strictEqual(first.code, 0, first.stderr);
  const { proposal, trials } = lastLine(first) as unknown as Findings;
  // Everything is accepted: a walk down the first column.
  deepStrictEqual(trials.map(({ layers, step }) => [layers, step]), [
    [2, 2],
    [5, 2],
  ]);
  deepStrictEqual(proposal?.freezeTimes, [
    0.25,
    0.25,
    0.25,
    0.25,
    0.25,
    1,
    1,
  ]);
  const together = proposal?.together;
  strictEqual(together?.loss, trials[1]?.loss, "the same trial is made once");
  match(first.stdout, /--freeze-times 0.25,.*,1 --lr-mode uniform$/m);

  const again = await find(...flags, "--loss-share", "0");
  strictEqual(again.code, 0, again.stderr);
  match(again.stdout, /2 are done; 2 to do/);
  const all = lastLine(again) as unknown as Findings;
  strictEqual(all.trials.length, 4);
  deepStrictEqual(all.trials[0], trials[0]);
  for (const name of ["map.svg", "plan.svg", "freeze_times.json"]) {
    const file = join(run, "freeze_times", name);
    ok((await Deno.stat(file)).size > 0, name);
  }
}

Deno.test("find-times tries what is asked for, proposes flags that pretrain takes, goes on where it was; a trial without freezing is the run, bit for bit", () =>
  inFolder(async (parent) => {
    const run = await begun(parent);
    await checkSearch(run);
    await checkSameRun(run);
  }));
