import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { phaseFlops, predictedSaving } from "../../../../core/mod.ts";
import {
  measuredSaving,
  metricsLine,
  phaseTimes,
  pretrainTask,
  secondsLeft,
} from "../../../../train/mod.ts";
import { runLife, runStatus } from "../../../../train/run/follow/run_status.ts";
import { reportOf, runOf } from "./made_runs.ts";

const RUN = runOf(20);
const { plan } = RUN;
const TRAINING = { ...pretrainTask(RUN), costOf: phaseFlops(plan) };
const STEPS = plan.totalSteps;

const statusAfter = (done: number) => {
  const lines = Array.from(
    { length: done },
    (_, step) => metricsLine(reportOf(RUN, step)),
  );
  return runStatus({ ...TRAINING, lines, recent: lines.slice(-100) });
};

Deno.test("runStatus() before the first step knows the plan and nothing else", () => {
  const status = statusAfter(0);
  strictEqual(status.done, 0);
  strictEqual(status.savingPredicted, predictedSaving(plan));
  for (
    const key of [
      "deepestLoss",
      "imagesPerSecond",
      "secondsLeft",
      "saving",
    ] as const
  ) {
    strictEqual(status[key], null, key);
  }
  ok(status.layers.every(({ isFrozen }) => !isFrozen));
});

Deno.test("runStatus() has the frozen layers and pruned stages of the plan after every step", () => {
  for (let done = 1; done <= STEPS; done++) {
    const { layers, stages, epoch } = statusAfter(done);
    deepStrictEqual(
      layers.map(({ isFrozen }) => isFrozen),
      plan.layers.map(({ freezeStep }) =>
        freezeStep < STEPS && freezeStep <= done
      ),
    );
    deepStrictEqual(
      stages.map(({ isPruned }) => isPruned),
      plan.stages.map(({ pruneStep }) =>
        pruneStep < STEPS && pruneStep <= done
      ),
    );
    ok(layers.every(({ rate, peakRate }) => rate >= 0 && rate <= peakRate));
    strictEqual(epoch, done / 6);
  }
});

Deno.test("runStatus() keeps the last loss of a stage that is pruned", () => {
  const { stages } = statusAfter(STEPS);
  const [first] = stages;
  ok(first?.isPruned);
  const end = plan.stages[0]?.pruneStep ?? 0;
  const last = Array.from({ length: 20 }, (_, i) => 1 / (10 + end - 1 - i));
  const mean = last.reduce((a, b) => a + b) / 20;
  ok(Math.abs((first?.loss ?? 0) - mean) < 1e-12);
});

Deno.test("runStatus() measures speed over the last 20 steps", () => {
  const { imagesPerSecond, secondsPerStep, dataShare } = statusAfter(30);
  strictEqual(secondsPerStep, 0.1);
  strictEqual(imagesPerSecond, 20);
  strictEqual(dataShare, 0.1);
});

Deno.test("secondsLeft() falls with every step and is 0 after the last", () => {
  const left = Array.from(
    { length: STEPS + 1 },
    (_, done) => secondsLeft(plan, phaseFlops(plan))(done, 1),
  );
  strictEqual(left[STEPS], 0);
  const [first] = plan.phases;
  const before = left.slice(0, first.to + 1);
  ok(before.every((seconds, i) => i === 0 || seconds < (before[i - 1] ?? 0)));
  ok((left[0] ?? 0) < STEPS, "frozen steps are cheaper");
});

Deno.test("measuredSaving() of a part of a run is 0 before the first freeze, rises, and ends at that of the whole", () => {
  const lines = Array.from(
    { length: STEPS },
    (_, step) => metricsLine(reportOf(RUN, step)),
  );
  const times = phaseTimes(plan, lines);
  const saving = Array.from(
    { length: STEPS },
    (_, i) => measuredSaving(plan, times, i + 1),
  );
  const until = plan.phases[0].to;
  ok(saving.slice(0, until).every((part) => Math.abs(part) < 1e-12));
  const later = saving.slice(until - 1);
  ok(later.every((part, i) => i === 0 || part > (later[i - 1] ?? 1)));
  ok(Math.abs((saving.at(-1) ?? 0) - measuredSaving(plan, times)) < 1e-12);
  ok(Number.isNaN(measuredSaving(plan, times.slice(1), STEPS)));
});

const SIGNS = {
  isComplete: false,
  isLocked: null,
  silence: 1,
  secondsPerStep: 0.1,
};

Deno.test("runLife() believes the lock, and without one the clock", () => {
  strictEqual(runLife(SIGNS), "running");
  strictEqual(runLife({ ...SIGNS, silence: 61 }), "running");
  strictEqual(runLife({ ...SIGNS, silence: 63 }), "stopped");
  strictEqual(runLife({ ...SIGNS, silence: 63, secondsPerStep: 9 }), "running");
  strictEqual(
    runLife({ ...SIGNS, silence: 500, secondsPerStep: null }),
    "running",
  );
  strictEqual(
    runLife({ ...SIGNS, silence: 601, secondsPerStep: null }),
    "stopped",
  );
  strictEqual(runLife({ ...SIGNS, silence: 9999, isLocked: true }), "running");
  strictEqual(runLife({ ...SIGNS, silence: 0, isLocked: false }), "stopped");
});

Deno.test("runLife() of a complete run is over unless its process still holds the folder", () => {
  const complete = { ...SIGNS, isComplete: true, silence: 9999 };
  strictEqual(runLife(complete), "finished");
  strictEqual(runLife({ ...complete, isLocked: false }), "finished");
  strictEqual(runLife({ ...complete, isLocked: true }), "judging");
});
