import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { MODEL_PRESETS, right } from "../../../core/mod.ts";
import {
  afterStep,
  keepingHooks,
  lossWatch,
  orThrow,
  stageLosses,
  type StepReport,
  type TrainError,
  type Training,
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
  deepestLoss: loss,
  images: 1,
  milliseconds: { data: 0, gradient: 0, update: 0, compile: 0, total: 0 },
});

const EMPTY = {
  ...{ parameters: new Map(), optimizer: new Map() },
  ...{ statistics: new Map(), averages: new Map(), skipped: 0 },
};

/** A training after so many steps. */
const trainingAt = (step: number): Training => ({
  step,
  snapshot: () => Promise.resolve(right({ step, ...EMPTY })),
  parameters: () => new Map(),
  state: () => ({ step, ...EMPTY }),
  dispose: () => {},
  [Symbol.dispose]: () => {},
  async *[Symbol.asyncIterator]() {},
});

/** What a run with such losses saves and how it ends. */
async function courseOf(losses: readonly number[]) {
  const saved: number[] = [];
  const { plan } = tinyRun();
  const policy = { everySteps: 5, everyMinutes: null, keepLast: 2 };
  const heldBack: number[] = [];
  const hooks = orThrow(keepingHooks({
    plan: { ...plan, totalSteps: losses.length },
    folder: {
      record: () => Promise.resolve(right(undefined)),
      checkpoint: ({ step }) => {
        saved.push(step);
        return Promise.resolve(right(`step-${step}`));
      },
    },
    policy: { ...policy, keepAtFreeze: false },
    watch: lossWatch(stageLosses(MODEL_PRESETS.nano), 10, []),
    onHeldBack: (step) => void heldBack.push(step + 1),
  }));
  let error: TrainError | null = null;
  for (const [step, loss] of losses.entries()) {
    const training = trainingAt(step + 1);
    const seen = await afterStep(hooks, reportOf(step, loss), training);
    if (seen._tag === "Right") continue;
    error = seen.left;
    break;
  }
  return { saved: saved.slice(-2), heldBack, error };
}

const some = (count: number, loss: number) => Array<number>(count).fill(loss);

Deno.test("keepingHooks() ends a run whose loss has exploded, and saves no moment at which it was high", async () => {
  const { saved, heldBack, error } = await courseOf(
    [...some(61, 0.05), ...some(30, 4)],
  );
  strictEqual(error?._tag, "LossExploded");
  strictEqual(error.since, 61);
  deepStrictEqual(saved, [55, 60]);
  deepStrictEqual(heldBack, [65, 70]);
});

Deno.test("keepingHooks() saves again after a spike, and does not finish a run at a high moment", async () => {
  const spiked = [...some(61, 0.05), ...some(9, 4), ...some(5, 0.05)];
  const good = await courseOf(spiked);
  strictEqual(good.error, null);
  deepStrictEqual(good.saved, [60, 75]);
  const bad = await courseOf(spiked.slice(0, 70));
  strictEqual(bad.error?._tag, "LossExploded");
  deepStrictEqual(bad.saved, [55, 60]);
});
