import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { MODEL_PRESETS, right } from "../../../core/mod.ts";
import { takeSteps } from "../../../examples/pretrain/take_steps.ts";
import {
  lossWatch,
  type Pretraining,
  type RunFolder,
  type StepReport,
} from "../../../train/mod.ts";
import { tinyRun } from "../../train/tiny_run.ts";

const MODEL = MODEL_PRESETS.nano;

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

/** Takes steps with given losses; says how that ended, and which checkpoints there are. */
async function courseOf(losses: readonly number[], saveEvery: number) {
  const written: number[] = [];
  const said: string[] = [];
  const state = { step: 0 };
  const empty = { parameters: new Map(), optimizer: new Map() };
  const run = {
    get step() {
      return state.step;
    },
    snapshot: () => Promise.resolve(right({ step: state.step, ...empty })),
    parameters: () => new Map(),
    dispose: () => {},
    async *[Symbol.asyncIterator]() {
      for (const [step, loss] of losses.entries()) {
        state.step = step + 1;
        yield await Promise.resolve(right(reportOf(step, loss)));
      }
    },
  } satisfies Pretraining;
  const folder: RunFolder = {
    path: "run",
    start: { step: 0, ...empty },
    history: [],
    record: () => Promise.resolve(right(undefined)),
    checkpoint: ({ step }) => {
      written.push(step);
      return Promise.resolve(right(`step-${step}`));
    },
  };
  const end = await takeSteps({
    plan: { ...tinyRun().plan, totalSteps: losses.length },
    run,
    folder,
    checkpoint: "step-0",
    progress: { say: (line) => said.push(line), step: () => {}, end: () => {} },
    saveEvery,
    watch: lossWatch(MODEL, 10, []),
    signal: new AbortController().signal,
  });
  return { end, written, said };
}

const some = (count: number, loss: number) => Array<number>(count).fill(loss);

Deno.test("takeSteps() ends a run whose loss has exploded, without a checkpoint of a high moment", async () => {
  const losses = [...some(61, 0.05), ...some(30, 4)];
  const { end, written, said } = await courseOf(losses, 5);
  ok(typeof end.cause !== "string" && end.cause._tag === "LossExploded");
  strictEqual(end.cause.since, 61);
  deepStrictEqual(written.slice(-2), [55, 60]);
  strictEqual(end.checkpoint, "step-60");
  deepStrictEqual(
    said.map((line) => line.slice(0, 25)),
    [
      "no checkpoint of step 65:",
      "no checkpoint of step 70:",
    ].map((line) => line.slice(0, 25)),
  );
});

Deno.test("takeSteps() saves again after a spike, and does not finish a run at a high moment", async () => {
  const spiked = [...some(61, 0.05), ...some(9, 4), ...some(5, 0.05)];
  const good = await courseOf(spiked, 5);
  strictEqual(good.end.cause, "finished");
  deepStrictEqual(good.written.slice(-2), [60, 75]);
  const bad = await courseOf(spiked.slice(0, 70), 5);
  ok(
    typeof bad.end.cause !== "string" && bad.end.cause._tag === "LossExploded",
  );
  strictEqual(bad.end.checkpoint, "step-60");
});
