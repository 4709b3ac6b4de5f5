/** Trainings whose pictures go to the engine as levels. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { Backend, HostPixels } from "../../../backends/backend.ts";
import { convNetPlan } from "../../../core/mod.ts";
import {
  batchSource,
  convNetBatches,
  convNetTask,
  finetuneBatches,
  finetuneTask,
  initialConvNet,
  initialFinetune,
  initialSnapshot,
  type ItemSource,
  type LevelSource,
  type Snapshot,
  type Task,
  train,
  type TrainingBatch,
} from "../../../train/mod.ts";
import { noiseSource } from "../../data/sources.ts";
import { right } from "../../right.ts";
import { onDevices } from "../devices.ts";
import * as residual from "../tasks/tiny_convnet.ts";
import * as finetuning from "../tasks/tiny_finetune.ts";
import { TINY_CONFIG, TINY_SAMPLES, tinyRun, trained } from "../tiny_run.ts";
import { courseOf, inLine, separate } from "./course.ts";

/** A training without its engine. */
interface Given {
  readonly task: Task<TrainingBatch>;
  readonly batches: LevelSource;
  readonly start: Snapshot;
  /** Steps that are taken; all by default. */
  readonly steps?: number;
}

const { erasing } = finetuning.CONFIG.augment;

/** A fine-tuning with all that is drawn, with or without noise. */
function finetuned(noise: typeof erasing): Given {
  const { augment } = finetuning.CONFIG;
  const run = finetuning.runOf({
    ...finetuning.CONFIG,
    augment: { ...augment, erasing: noise },
  });
  return {
    task: finetuneTask(run),
    batches: right(
      finetuneBatches(noiseSource(finetuning.SAMPLES), run.config),
    ),
    start: initialFinetune(run, finetuning.ENCODER),
  };
}

function pretrained(batchSize = TINY_CONFIG.training.batchSize): Given {
  const run = tinyRun({ training: { ...TINY_CONFIG.training, batchSize } });
  return {
    task: run,
    batches: right(batchSource(noiseSource(TINY_SAMPLES), run.config)),
    start: initialSnapshot(run.config, run.plan),
  };
}

function convolutional(): Given {
  const { CONFIG: config, SAMPLES } = residual;
  const run = { config, plan: right(convNetPlan(config, SAMPLES)) };
  return {
    task: convNetTask(run),
    batches: right(convNetBatches(noiseSource(SAMPLES), config)),
    start: initialConvNet(run),
    steps: 2,
  };
}

const TRAININGS: Readonly<Record<string, Given>> = {
  "pre-training": pretrained(),
  "fine-tuning": finetuned(null),
  "a residual network": convolutional(),
};

/** What is asked of a source, whatever the engine would rather have. */
const always = (
  { batches }: Given,
  pixels: "numbers" | "levels",
): ItemSource<TrainingBatch> =>
(epoch, from) => batches(epoch, from, pixels);

/** An engine that counts the pictures that it is given in bytes. */
function counting(backend: Backend) {
  let count = 0;
  const uploadPixels = (pixels: HostPixels) => {
    count += pixels.shape[0]!;
    return backend.uploadPixels!(pixels);
  };
  return { engine: { ...backend, uploadPixels }, pictures: () => count };
}

/** A whole training, or its first steps. */
async function courseOn(
  backend: Backend,
  { task, batches, start, steps }: Given,
  source: ItemSource<TrainingBatch> = batches,
  ahead = 0,
) {
  const before = backend.liveTensors();
  const run = train(task, { backend, batches: source, start, ahead });
  const course = await courseOf(run, steps);
  const end = trained(await run.snapshot());
  run.dispose();
  strictEqual(backend.liveTensors(), before);
  return { ...course, end };
}

for (const [name, given] of Object.entries(TRAININGS)) {
  await onDevices(
    ["webgpu"],
    `train() sends levels, and gives the same bits as with numbers: ${name}`,
    async (backend) => {
      const { engine, pictures } = counting(backend);
      const wanted = await courseOn(engine, given, always(given, "numbers"));
      strictEqual(wanted.error, null);
      strictEqual(pictures(), 0);
      deepStrictEqual(await courseOn(engine, given), wanted);
      const { batchSize, accumIter } = given.task.training;
      const all = wanted.reports.length * batchSize * accumIter;
      // Batches of fine-tuning that are mixed go as numbers.
      if (name === "fine-tuning") ok(pictures() > 0 && pictures() < all);
      else strictEqual(pictures(), all);
      if (given.steps !== undefined) return;
      const { runsAhead } = backend;
      deepStrictEqual(
        await courseOn(engine, given, given.batches, runsAhead),
        wanted,
      );
    },
  );

  await onDevices(
    ["reference in line"],
    `train() makes numbers of levels, to the same bits: ${name}`,
    async (backend) => {
      const wanted = await courseOn(backend, given);
      strictEqual(wanted.error, null);
      deepStrictEqual(
        await courseOn(backend, given, always(given, "levels")),
        wanted,
      );
    },
  );
}

Deno.test("train() asks for levels only where engine and task take them", async () => {
  const { task, start, batches } = pretrained();
  const backend = inLine();
  const { takesLevels: _, ...plain } = task;
  const { engine } = counting(backend);
  for (
    const [asking, on, wanted] of [
      [task, backend, "numbers"],
      [plain, engine, "numbers"],
      [task, engine, "levels"],
    ] as const
  ) {
    const asked = new Set<string | undefined>();
    const run = train<TrainingBatch>(asking, {
      backend: on,
      start,
      batches: (epoch, from, pixels) => {
        asked.add(pixels);
        return batches(epoch, from, "numbers");
      },
    });
    strictEqual((await courseOf(run, 2)).error, null);
    run.dispose();
    deepStrictEqual([...asked], [wanted]);
  }
});

Deno.test("train() splits levels into the parts of a micro-batch, to the same bits", async () => {
  const given = pretrained(12);
  const backend = { ...separate(), parallelRuns: 2 };
  const wanted = await courseOn(backend, given);
  strictEqual(wanted.error, null);
  deepStrictEqual(
    await courseOn(backend, given, always(given, "levels")),
    wanted,
  );
});

await onDevices(
  ["webgpu"],
  "train() with random erasing keeps numbers in silence",
  async (backend) => {
    const { engine, pictures } = counting(backend);
    const given = finetuned(erasing);
    strictEqual((await courseOn(engine, given)).error, null);
    strictEqual(pictures(), 0);
  },
);

await onDevices(
  ["webgpu", "cpu"],
  "train() finds the first number that is not finite with levels as with numbers",
  async (backend) => {
    const given = pretrained();
    // Finite, but a product with it is not.
    given.start.parameters.get("blocks.1.mlp.fc2.weight")?.fill(3e38);
    given.start.parameters.get("blocks.1.mlp.fc1.bias")?.fill(100);
    const wanted = await courseOn(backend, given, always(given, "numbers"));
    const found = await courseOn(backend, given, always(given, "levels"));
    ok(wanted.error?._tag === "NonFiniteLoss");
    strictEqual(wanted.error.origin?.first?.kind, "activation");
    deepStrictEqual(found, wanted);
  },
);
