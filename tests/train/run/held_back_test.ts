import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { MODEL_PRESETS, type Result, right } from "../../../core/mod.ts";
import {
  lossWatch,
  NO_TOTALS,
  type Pretraining,
  recordedRun,
  type RunFolder,
  type StepReport,
  type TrainError,
} from "../../../train/mod.ts";
import { tinyRun } from "../tiny_run.ts";

const reportOf = (step: number, loss: number): StepReport => ({
  step,
  epoch: 0,
  phase: 0,
  frozenLayers: 0,
  liveStages: [0],
  rates: [],
  unfrozenRate: 0,
  loss,
  stageLosses: { 0: loss },
  images: 1,
  milliseconds: { data: 0, gradient: 0, update: 0, compile: 0, total: 0 },
});

const EMPTY = {
  ...{ parameters: new Map(), optimizer: new Map() },
  ...{ statistics: new Map(), averages: new Map(), skipped: 0 },
};

/** A run that only has losses. */
function runOf(losses: readonly number[]): Pretraining {
  let done = 0;
  return {
    get step() {
      return done;
    },
    snapshot: () => Promise.resolve(right({ step: done, ...EMPTY })),
    parameters: () => new Map(),
    state: () => ({ step: done, ...EMPTY }),
    dispose: () => {},
    async *[Symbol.asyncIterator]() {
      for (const [step, loss] of losses.entries()) {
        done = step + 1;
        const report: Result<TrainError, StepReport> = right(
          reportOf(step, loss),
        );
        yield await Promise.resolve(report);
      }
    },
  };
}

/** What a run with such losses saves and how it ends. */
async function courseOf(losses: readonly number[]) {
  const saved: number[] = [];
  const folder: RunFolder = {
    path: "run",
    start: { step: 0, ...EMPTY },
    checkpointOfStart: null,
    newest: () => null,
    history: [],
    totals: NO_TOTALS,
    recordNote: null,
    complaints: () => [],
    skipped: [],
    change: null,
    record: () => Promise.resolve(right(undefined)),
    checkpoint: ({ step }) => {
      saved.push(step);
      return Promise.resolve(right(`step-${step}`));
    },
    [Symbol.dispose]: () => {},
  };
  const { plan } = tinyRun();
  const policy = { everySteps: 5, everyMinutes: null, keepLast: 2 };
  const heldBack: number[] = [];
  let error: TrainError | null = null;
  for await (
    const taken of recordedRun({
      plan: { ...plan, totalSteps: losses.length },
      run: runOf(losses),
      folder,
      policy: { ...policy, keepAtFreeze: false },
      watch: lossWatch(MODEL_PRESETS.nano, 10, []),
    })
  ) {
    if (taken._tag === "Left") error = taken.left;
    else if (taken.right.isHeldBack) heldBack.push(taken.right.report.step + 1);
  }
  return { saved: saved.slice(-2), heldBack, error };
}

const some = (count: number, loss: number) => Array<number>(count).fill(loss);

Deno.test("recordedRun() ends a run whose loss has exploded, and saves no moment at which it was high", async () => {
  const { saved, heldBack, error } = await courseOf(
    [...some(61, 0.05), ...some(30, 4)],
  );
  strictEqual(error?._tag, "LossExploded");
  strictEqual(error.since, 61);
  deepStrictEqual(saved, [55, 60]);
  deepStrictEqual(heldBack, [65, 70]);
});

Deno.test("recordedRun() saves again after a spike, and does not finish a run at a high moment", async () => {
  const spiked = [...some(61, 0.05), ...some(9, 4), ...some(5, 0.05)];
  const good = await courseOf(spiked);
  strictEqual(good.error, null);
  deepStrictEqual(good.saved, [60, 75]);
  const bad = await courseOf(spiked.slice(0, 70));
  strictEqual(bad.error?._tag, "LossExploded");
  deepStrictEqual(bad.saved, [55, 60]);
});
