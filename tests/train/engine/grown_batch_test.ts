import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { Backend } from "../../../backends/backend.ts";
import {
  type OptimizerConfig,
  ratesAt,
  sizeOf,
  strideAt,
  strideRates,
} from "../../../core/mod.ts";
import type { Batch } from "../../../data/mod.ts";
import type { Snapshot, Training } from "../../../train/mod.ts";
import type { TrainOptions } from "../../../train/engine/loop.ts";
import { onDevices } from "../devices.ts";
import { resumesEverywhere } from "../resumes_everywhere.ts";
import { spoiledBatches } from "../spoiled_batches.ts";
import {
  startTiny,
  takeSteps,
  TINY_CONFIG,
  type TinyRun,
  tinyRun,
  trained,
} from "../tiny_run.ts";
import { courseOf, inLine, rounding, separate, wholeCourse } from "./course.ts";
import { runOn } from "./rank_runs.ts";

/** Two epochs of twelve steps of one image; layers freeze at steps 10, 14, 17 and 21. */
const TRAINING = { ...TINY_CONFIG.training, batchSize: 1 };

const SGD: OptimizerConfig = { _tag: "Sgd", momentum: 0, weightDecay: 0 };

const RUN = tinyRun({ training: TRAINING, growBatch: true });
const { plan } = RUN;

const strideOf = strideAt(plan, plan.totalSteps / 2);

const STRIDES = [...Array(plan.totalSteps).keys()].map(strideOf)
  .filter(({ from }, step) => from === step);

const begun = (
  backend: Backend,
  options: Partial<TrainOptions<Batch>> = {},
  start?: Snapshot,
): Training => startTiny(backend, RUN, start, options);

Deno.test("the batch of a tiny run grows to three images", () => {
  deepStrictEqual(
    STRIDES.slice(12).map(({ from, to }) => [from, to]),
    [[12, 13], [13, 14], [14, 15], [15, 17], [17, 19], [19, 21], [21, 24]],
  );
});

/** Parameters after so many reports of a run that starts from a snapshot. */
async function after(
  run: TinyRun,
  start: Snapshot,
): Promise<ReadonlyMap<string, Float32Array>> {
  const training = startTiny(separate(), run, start);
  await takeSteps(training, 1);
  const { parameters } = trained(await training.snapshot());
  training.dispose();
  return parameters;
}

/** Optimizer state of zeros. */
const atRest = (run: TinyRun, step: number): Snapshot["optimizer"] =>
  new Map(
    run.stateShapes(step).optimizer.map(({ name, shape }) =>
      [name, new Float32Array(sizeOf(shape))] as const
    ),
  );

/**
 * The gradient of each of some images at the parameters of a snapshot: how far a step of
 * plain descent goes, with its rate.
 */
async function gradientsAt(
  before: Snapshot,
  from: number,
  to: number,
): Promise<(name: string, i: number) => readonly number[]> {
  const run = tinyRun({ training: TRAINING, optimizer: SGD });
  const moved = await Promise.all(
    Array.from({ length: to - from }, async (_, k) => {
      const step = from + k;
      const start = { ...before, step, optimizer: atRest(run, step) };
      return { step, parameters: await after(run, start) };
    }),
  );
  return (name, i) =>
    moved.map(({ step, parameters }) => {
      const { layers, unfrozen } = ratesAt(run.plan)(step);
      // The layers that still train in the last phases share a rate or have none.
      const layer = RUN.trainable(
        plan.phases.findLast((one) => one.from <= step)!,
      )
        .find((parameter) => parameter.name === name)?.rate.layer;
      const rate = layer === undefined
        ? NaN
        : layer === null
        ? unfrozen
        : layers[layer]!;
      return (before.parameters.get(name)![i]! - parameters.get(name)![i]!) /
        rate;
    });
}

Deno.test("steps that are taken at once move by the mean of their gradients at the sum of their rates", async () => {
  const sgd = tinyRun({
    training: TRAINING,
    optimizer: SGD,
    growBatch: true,
  });
  for (const { from, to } of STRIDES.slice(-4)) {
    const run = startTiny(separate(), sgd);
    await takeSteps(run, from);
    const before = trained(await run.snapshot());
    run.dispose();
    const found = await after(sgd, before);
    const gradients = await gradientsAt(before, from, to);
    const { unfrozen, layers } = strideRates(plan)({ from, to });
    const phase = plan.phases.findLast((one) => one.from <= from)!;
    let compared = 0;
    for (const { name, rate: { layer } } of sgd.trainable(phase)) {
      const rate = layer === null ? unfrozen : layers[layer]!;
      before.parameters.get(name)!.forEach((x, i) => {
        const each = gradients(name, i);
        const mean = each.reduce((a, b) => a + b, 0) / each.length;
        ok(Math.abs(found.get(name)![i]! - (x - rate * mean)) < 1e-6);
        compared += Math.abs(rate * mean) > 1e-5 ? 1 : 0;
      });
    }
    ok(compared > 100);
  }
});

Deno.test("the optimizer counts its updates, not the steps of the plan", async () => {
  const optimizer: OptimizerConfig = {
    ...{ _tag: "AdamW", beta1: 0.9, beta2: 0.95 },
    ...{ epsilon: 1e-8, weightDecay: 0 },
  };
  const adam = tinyRun({ training: TRAINING, optimizer, growBatch: true });
  const { from, to, update } = STRIDES.at(-1)!;
  const run = startTiny(separate(), adam);
  await takeSteps(run, from);
  const before = trained(await run.snapshot());
  run.dispose();
  // With moments of 0 the direction is known but for the corrections.
  const optimizerState = atRest(adam, from);
  const found = await after(adam, { ...before, optimizer: optimizerState });
  const gradients = await gradientsAt(before, from, to);
  const { unfrozen, layers } = strideRates(plan)({ from, to });
  const t = update + 1;
  const corrected = (0.1 / (1 - 0.9 ** t)) / Math.sqrt(0.05 / (1 - 0.95 ** t));
  const phase = plan.phases.at(-1)!;
  let compared = 0;
  for (const { name, rate: { layer } } of adam.trainable(phase)) {
    const rate = layer === null ? unfrozen : layers[layer]!;
    before.parameters.get(name)!.forEach((x, i) => {
      const sum = gradients(name, i).reduce((a, b) => a + b, 0);
      if (Math.abs(sum) < 1e-3) return;
      compared++;
      const moved = (x - found.get(name)![i]!) / (rate * corrected);
      ok(Math.abs(moved - Math.sign(sum)) < 1e-2);
    });
  }
  ok(compared > 20);
});

Deno.test("every step of the plan is reported once, with its own rates and its share of the time", async () => {
  const run = begun(separate());
  const reports = await takeSteps(run);
  run.dispose();
  deepStrictEqual(
    reports.map(({ step }) => step),
    [...Array(plan.totalSteps).keys()],
  );
  const rates = ratesAt(plan);
  for (const { from, to } of STRIDES) {
    const own = reports.slice(from, to);
    strictEqual(new Set(own.map(({ loss }) => loss)).size, 1);
    strictEqual(new Set(own.map((one) => one.milliseconds.total)).size, 1);
    own.forEach((one, i) => {
      deepStrictEqual(one.rates, rates(from + i).layers);
      strictEqual(one.images, 1);
    });
  }
});

Deno.test("hooks that look at the training are called after the last of the steps that are taken at once", async () => {
  const [seen, told, asked]: [number[], number[], number[]] = [[], [], []];
  const run = begun(separate(), {
    hooks: [
      {
        onStep: ({ step }, training) => {
          strictEqual(training.state().step, step + 1);
          seen.push(step);
        },
      },
      { looksAt: "report", onStep: ({ step }) => void told.push(step) },
      {
        every: { isDueAfter: (step) => asked.push(step) > 0 && step === 15 },
        onStep: ({ step }) => strictEqual(step, 16),
      },
    ],
  });
  await takeSteps(run);
  run.dispose();
  const all = [...Array(plan.totalSteps).keys()];
  deepStrictEqual(seen, STRIDES.map(({ to }) => to - 1));
  deepStrictEqual([told, asked], [all, all]);
});

Deno.test("a grown batch is the same on an engine that runs ahead, also behind steps that fail", async () => {
  for (const bad of [[], [16], [18, 22]]) {
    const batches = spoiledBatches(RUN.config, bad);
    const options = { batches, skipNonFinite: 1 };
    const wanted = await wholeCourse(
      separate(),
      (backend) => begun(backend, options),
    );
    strictEqual(wanted.error === null, bad.length < 2);
    const found = await wholeCourse(
      inLine(),
      (backend) => begun(backend, { ...options, ahead: 3 }),
    );
    deepStrictEqual(found, wanted);
  }
});

Deno.test("a run that is stopped among steps that are taken at once reports all of them, and goes on to the same numbers", async () => {
  const whole = await wholeCourse(rounding(), begun);
  const stop = new AbortController();
  const run = begun(rounding(), {
    signal: stop.signal,
    hooks: [{
      looksAt: "report",
      onStep: ({ step }) => step === 21 ? stop.abort() : undefined,
    }],
  });
  const { reports, error, step } = await courseOf(run);
  deepStrictEqual([error, step], [null, plan.totalSteps]);
  deepStrictEqual(reports, whole.reports);
  run.dispose();
});

await onDevices(
  ["reference"],
  "a run whose batch grows resumes from any of its checkpoints, bit for bit",
  (backend) =>
    resumesEverywhere(backend, RUN, STRIDES.slice(10).map(({ from }) => from)),
);

await onDevices(
  ["onnx", "webgpu"],
  "a run whose batch grows resumes from a checkpoint where it has grown, bit for bit",
  (backend) => resumesEverywhere(backend, RUN, [17]),
);

Deno.test("ranks take steps at once as one process does", async () => {
  const config = {
    training: { ...TINY_CONFIG.training, batchSize: 2, epochs: 4 },
    optimizer: { ...SGD, momentum: 0.9 },
    growBatch: true,
  } as const;
  const [one] = await runOn(separate(), 1, config);
  for (const other of await runOn(separate(), 2, config)) {
    strictEqual(other.reports.length, one?.reports.length);
    for (const [name, values] of one!.parameters) {
      values.forEach((x, i) =>
        ok(Math.abs(x - other.parameters.get(name)![i]!) < 1e-6)
      );
    }
  }
});
