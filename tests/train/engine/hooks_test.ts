import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { referenceBackend } from "../../../backends/mod.ts";
import { left } from "../../../core/mod.ts";
import {
  atEpochEnds,
  type Hook,
  initialSnapshot,
  pretrainTask,
  type StepReport,
  train,
  type TrainError,
  type Training,
} from "../../../train/mod.ts";
import { lossWatchHook } from "../../../train/run/run_hooks.ts";
import type { TrainOptions } from "../../../train/engine/loop.ts";
import type { Batch } from "../../../data/mod.ts";
import { syntheticBatches, takeSteps, tinyRun, trained } from "../tiny_run.ts";

const RUN = tinyRun();
const TASK = pretrainTask(RUN);
const TOTAL = RUN.plan.totalSteps;

const started = (options: Partial<TrainOptions<Batch>>): Training =>
  train(TASK, {
    backend: referenceBackend(),
    batches: syntheticBatches(RUN.config),
    start: initialSnapshot(RUN.config, RUN.plan),
    ...options,
  });

/** Steps until the end or the first error. */
async function until(training: Training) {
  const steps: number[] = [];
  for await (const taken of training) {
    if (taken._tag === "Left") return { steps, error: taken.left };
    steps.push(taken.right.step);
  }
  return { steps, error: null };
}

Deno.test("train() calls hooks in their order after the steps that they want, and once at the end", async () => {
  const seen: string[] = [];
  const note = (name: string, every?: Hook["every"]): Hook => ({
    ...every === undefined ? {} : { every },
    onStep: ({ step }, { step: done }) => {
      strictEqual(done, step + 1);
      seen.push(`${name}${step}`);
    },
    onEnd: async (training) => {
      strictEqual(trained(await training.snapshot()).step, TOTAL);
      seen.push(`${name}!`);
    },
  });
  const run = started({
    hooks: [
      note("a"),
      note("b", 3),
      note("c", atEpochEnds(TASK)),
      note("d", ({ step }) => step === 1),
    ],
  });
  await takeSteps(run);
  run.dispose();
  const length = TOTAL / RUN.config.training.epochs;
  const wanted = Array.from({ length: TOTAL }, (_, step) => [
    `a${step}`,
    ...(step + 1) % 3 === 0 ? [`b${step}`] : [],
    ...(step + 1) % length === 0 ? [`c${step}`] : [],
    ...step === 1 ? [`d${step}`] : [],
  ]).flat();
  deepStrictEqual(seen, [...wanted, "a!", "b!", "c!", "d!"]);
});

Deno.test("train() ends with the error of a hook, and later hooks are not called", async () => {
  const error: TrainError = {
    _tag: "FileFailed",
    path: "x.csv",
    reason: "full",
  };
  const seen: number[] = [];
  const run = started({
    hooks: [
      { every: 2, onStep: () => Promise.resolve(left(error)) },
      { onStep: ({ step }) => void seen.push(step) },
    ],
  });
  deepStrictEqual(await until(run), { steps: [0], error });
  deepStrictEqual(seen, [0]);
  strictEqual(run.step, 2);
  run.dispose();
});

Deno.test("train() that is stopped after a step calls the hooks' ends, and goes on to the same numbers", async () => {
  const whole = started({});
  const all = await takeSteps(whole);
  const end = trained(await whole.snapshot());
  const stop = new AbortController();
  const ends: number[] = [];
  const first = started({
    signal: stop.signal,
    hooks: [{
      onStep: ({ step }) => step === 2 ? stop.abort() : undefined,
      onEnd: ({ step }) => void ends.push(step),
    }],
  });
  const { steps, error } = await until(first);
  deepStrictEqual([steps, error, ends], [[0, 1, 2], { _tag: "Stopped" }, [3]]);
  const rest = started({ start: trained(await first.snapshot()) });
  const losses = ({ loss }: StepReport) => loss;
  deepStrictEqual(
    (await takeSteps(rest)).map(losses),
    all.slice(3).map(losses),
  );
  deepStrictEqual(trained(await rest.snapshot()), end);
  [whole, first, rest].forEach((training) => training.dispose());
});

Deno.test("train() ends in good order after the step in which a hook stops it, once all hooks were called", async () => {
  const seen: string[] = [];
  const run = started({
    hooks: [
      { every: 2, onStep: () => left<TrainError>({ _tag: "Stopped" }) },
      {
        onStep: ({ step }) => void seen.push(`${step}`),
        onEnd: ({ step }) => void seen.push(`end after ${step}`),
      },
    ],
  });
  deepStrictEqual(await until(run), {
    steps: [0, 1],
    error: { _tag: "Stopped" },
  });
  deepStrictEqual(seen, ["0", "1", "end after 2"]);
  run.dispose();
});

Deno.test("lossWatchHook() ends a training when its watch says so", async () => {
  const exploded = {
    ...{ _tag: "LossExploded", step: 2, since: 1, stage: null } as const,
    ...{ loss: 9, bound: 1 },
  };
  const run = started({
    hooks: [
      lossWatchHook({
        see: ({ step }) => step < 2 ? null : exploded,
        high: () => null,
      }, 12),
    ],
  });
  deepStrictEqual(await until(run), { steps: [0, 1], error: exploded });
  run.dispose();
});
