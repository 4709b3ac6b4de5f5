import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import {
  classifierParameters,
  FINETUNE_RECIPE,
  type FinetuneConfig,
  finetunePlan,
  left,
  type Result,
  right as success,
} from "../../../core/mod.ts";
import { type Backend, referenceBackend } from "../../../backends/mod.ts";
import type { Batch, DataError } from "../../../data/mod.ts";
import {
  batchParts,
  type BatchSource,
  classifierAccuracy,
  finetuneTask,
  initialFinetune,
  orThrow,
  type StepReport,
  train,
} from "../../../train/mod.ts";
import { STATE_KINDS } from "../../../train/engine/state.ts";
import { faultsOf, right } from "../../right.ts";
import { onDevices } from "../devices.ts";
import { syntheticBatch, TINY_MODEL } from "../tiny_run.ts";
import {
  batchesOf,
  CONFIG,
  ENCODER,
  labelled,
  RUN,
  runOf,
  SAMPLES,
  started,
  take,
} from "./tiny_finetune.ts";

Deno.test("fine-tuning freezes layers as the plan says: they and their moments stand still", async () => {
  const run = started(referenceBackend());
  const reports = await take(run);
  deepStrictEqual(reports.map(({ frozenLayers }) => frozenLayers), [
    0,
    0,
    0,
    1,
    2,
    3,
  ]);
  deepStrictEqual(reports.map(({ epoch }) => epoch), [0, 0, 0, 1, 1, 1]);
  const end = orThrow(await run.snapshot());
  run.dispose();
  const shapes = finetuneTask(RUN).stateShapes(6);
  for (const kind of STATE_KINDS) {
    const names = shapes[kind].map(({ name }) => name);
    deepStrictEqual(new Set(end[kind].keys()), new Set(names));
  }
  const shorter = started(referenceBackend());
  await take(shorter, 3);
  const third = orThrow(await shorter.snapshot());
  shorter.dispose();
  const stands = (name: string) =>
    String(end.parameters.get(name)) === String(third.parameters.get(name));
  ok(
    stands("patch_embed.proj.weight") && stands("pos_embed") &&
      stands("cls_token"),
  );
  ok(!stands("blocks.0.mlp.fc1.weight") && !stands("head.weight"));
  ok(
    third.optimizer.has("exp_avg/cls_token") &&
      !end.optimizer.has("exp_avg/cls_token"),
  );
});

Deno.test("fine-tuning that was stopped after any step goes on to the same numbers, bit for bit, across freezing", async () => {
  const backend = referenceBackend();
  const whole = started(backend);
  const reports = await take(whole);
  const end = orThrow(await whole.snapshot());
  whole.dispose();
  for (const stop of [0, 2, 3, 4, 5]) {
    const first = started(backend);
    const before = await take(first, stop);
    const middle = orThrow(await first.snapshot());
    first.dispose();
    const rest = started(backend, RUN, middle);
    deepStrictEqual(
      [...before, ...await take(rest)].map(timeless),
      reports.map(timeless),
    );
    deepStrictEqual(orThrow(await rest.snapshot()), end);
    rest.dispose();
  }
  strictEqual(backend.liveTensors(), 0);
});

/** A report without times. */
const timeless = (report: StepReport) => ({ ...report, milliseconds: null });

const LEARNING: FinetuneConfig = {
  ...CONFIG,
  freeze: FINETUNE_RECIPE.freeze,
  dropPath: 0,
  mixing: { ...FINETUNE_RECIPE.mixing, probability: 0, labelSmoothing: 0 },
  training: {
    epochs: 25,
    warmupEpochs: 2,
    batchSize: 12,
    accumIter: 1,
    seed: 1,
  },
};

async function* validating(): AsyncGenerator<Result<DataError, Batch>> {
  for (const from of [0, 5, 10]) {
    const length = Math.min(5, SAMPLES - from);
    const indices = Int32Array.from({ length }, (_, i) => from + i);
    yield await Promise.resolve(success(labelled(indices)));
  }
}

await onDevices(
  ["cpu", "wasm", "webgpu"],
  "fine-tuning learns to name pictures, and leaves nothing on the device",
  async (backend) => {
    const before = backend.liveTensors();
    const run = started(backend, runOf(LEARNING));
    const reports = await take(run);
    ok(reports[24]!.loss < 0.5 * reports[0]!.loss, `${reports[24]!.loss}`);
    const { top1, top5 } = orThrow(
      await classifierAccuracy(
        backend,
        LEARNING,
        run.parameters(),
        validating(),
        5,
      ),
    );
    deepStrictEqual([top1, top5], [1, 1]);
    run.dispose();
    strictEqual(backend.liveTensors(), before);
  },
);

Deno.test("fine-tuning of micro-batches takes the steps of the whole batch where nothing is mixed", async () => {
  const losses = async (batchSize: number, accumIter: number) => {
    const training = {
      ...LEARNING.training,
      epochs: 3,
      warmupEpochs: 1,
      batchSize,
      accumIter,
    };
    const run = started(referenceBackend(), runOf({ ...LEARNING, training }));
    const reports = await take(run);
    run.dispose();
    return reports.map(({ loss }) => loss);
  };
  const whole = await losses(12, 1);
  (await losses(3, 4)).forEach((loss, i) =>
    ok(Math.abs(loss - whole[i]!) < 1e-5)
  );
});

Deno.test("finetuneTask() trains parameters at the rate of their layer times its decay, without decay of vectors, tokens and positions", () => {
  const plan = right(finetunePlan(CONFIG, SAMPLES));
  const tuned = finetuneTask({ config: CONFIG, plan }).trainable(
    plan.phases[0],
  );
  strictEqual(tuned.length, classifierParameters(CONFIG).length);
  const of = (name: string) => {
    const found = tuned.find((parameter) => parameter.name === name)!;
    return [found.rate.layer, found.rate.scale, found.decayed];
  };
  deepStrictEqual(of("cls_token"), [0, 0.75 ** 5, false]);
  deepStrictEqual(of("pos_embed"), [0, 0.75 ** 5, false]);
  deepStrictEqual(of("patch_embed.proj.weight"), [0, 0.75 ** 5, true]);
  deepStrictEqual(of("blocks.1.mlp.fc1.weight"), [2, 0.75 ** 3, true]);
  deepStrictEqual(of("head.weight"), [4, 1, true]);
  deepStrictEqual(of("head.bias"), [4, 1, false]);
});

Deno.test("finetunePlan() names every fault of a configuration", () => {
  const { rate, mixing, training } = CONFIG;
  const config: FinetuneConfig = {
    ...CONFIG,
    classes: 1,
    dropPath: 1,
    rate: { ...rate, layerDecay: 0 },
    mixing: { ...mixing, mixupAlpha: -1, labelSmoothing: 2 },
    training: { ...training, epochs: 0 },
  };
  const faults = faultsOf(finetunePlan(config, SAMPLES));
  deepStrictEqual(faults.map((line) => line.split(":")[0]), [
    "classes",
    "rate.layerDecay",
    "dropPath",
    "mixing.mixupAlpha",
    "mixing.labelSmoothing",
    "training.epochs",
  ]);
});

Deno.test("fine-tuning ends with the error of the images, or at one without a class", async () => {
  const error: DataError = {
    _tag: "BadImage",
    image: "cat.jpg",
    reason: "empty",
  };
  const endOf = async (batches: BatchSource) => {
    const run = started(referenceBackend(), RUN, undefined, batches);
    const found = [];
    for await (const report of run) found.push(report);
    strictEqual(run.step, 0);
    run.dispose();
    strictEqual(found.length, 1);
    return found[0]!;
  };
  deepStrictEqual(
    await endOf(async function* () {
      yield await Promise.resolve(left(error));
    }),
    left({ _tag: "DataFailed", error }),
  );
  const unlabelled = await endOf(async function* () {
    yield await Promise.resolve(
      success(syntheticBatch(TINY_MODEL, Int32Array.of(0, 1))),
    );
  });
  ok(unlabelled._tag === "Left" && unlabelled.left._tag === "BadConfig");
});

await onDevices(
  ["onnx"],
  "fine-tuning in two parts at one time takes the steps of whole batches, to rounding, with mixing, dropped branches and means",
  async (backend) => {
    const training = { ...CONFIG.training, batchSize: 12, accumIter: 1 };
    const run = runOf({ ...CONFIG, training, emaDecay: 0.9 });
    strictEqual(batchParts(finetuneTask(run), backend), 2);
    const endOf = async (engine: Backend) => {
      const tuning = started(engine, run);
      const reports = await take(tuning);
      const end = orThrow(await tuning.snapshot());
      tuning.dispose();
      return { reports, end };
    };
    const before = backend.liveTensors();
    const parts = await endOf(backend);
    const whole = await endOf({ ...backend, parallelRuns: 1 });
    strictEqual(backend.liveTensors(), before);
    parts.reports.forEach(({ loss }, i) => {
      ok(Math.abs(loss - whole.reports[i]!.loss) < 1e-5, `step ${i}`);
    });
    for (const kind of ["parameters", "averages"] as const) {
      for (const [name, data] of parts.end[kind]) {
        const other = whole.end[kind].get(name)!;
        ok(data.every((x, i) => Math.abs(x - other[i]!) < 1e-4), name);
      }
    }
  },
);

Deno.test("fine-tuning skips steps that are not finite, as many as it may", async () => {
  // The first micro-batch of the second step.
  const batches: BatchSource = async function* (epoch, from) {
    let place = from;
    for await (const batch of batchesOf(CONFIG)(epoch, from)) {
      const isBad = epoch === 0 && place++ === 2 && batch._tag === "Right";
      yield isBad
        ? success({ ...batch.right, images: batch.right.images.map(() => NaN) })
        : batch;
    }
  };
  const run = train(finetuneTask(RUN), {
    backend: referenceBackend(),
    batches,
    start: initialFinetune(RUN, ENCODER),
    skipNonFinite: 1,
  });
  await take(run, 1);
  const before = orThrow(await run.snapshot());
  const [report] = await take(run, 1);
  match(report?.skipped ?? "", /^the loss is not finite/);
  deepStrictEqual(orThrow(await run.snapshot()), {
    ...before,
    step: 2,
    skipped: 1,
  });
  strictEqual((await take(run)).length, 4);
  run.dispose();
});
