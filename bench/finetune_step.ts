/**
 * Milliseconds of a fine-tuning step on a processor: `nano` with 32 images and ViT-S/16
 * with 16, on two threads. Images are given, so only the step is measured: mixing, both
 * passes, gradient checks, and the update. The first two steps are not timed.
 *
 * ```sh
 * deno run -A bench/finetune_step.ts [STEPS]
 * ```
 *
 * Prints a JSON row for each model.
 */
// deno-lint-ignore-file no-console -- printing is what this program does
import process from "node:process";
import { type Backend, onnxBackend } from "../backends/mod.ts";
import {
  FINETUNE_RECIPE,
  type FinetuneConfig,
  finetunePlan,
  MODEL_PRESETS,
  type ModelName,
  right,
  rootKey,
  uniforms,
} from "../core/mod.ts";
import type { Batch } from "../data/mod.ts";
import {
  type BatchSource,
  finetuneTask,
  initialFinetune,
  orThrow,
  train,
} from "../train/mod.ts";
import { processorHere } from "./processor.ts";

const THREADS = 2;
const CLASSES = 10;

/** Steps before the first one that is timed. */
const WARM_UP = 2;

/** The same images of random pixels for ever. */
function sameBatch({ model, training: { batchSize } }: FinetuneConfig): Batch {
  const { imageSize, inChannels } = model;
  const shape = [batchSize, inChannels, imageSize, imageSize] as const;
  const size = shape.reduce((product, extent) => product * extent, 1);
  const images = Float32Array.from(uniforms(rootKey(0), size));
  const indices = Int32Array.from({ length: batchSize }, (_, i) => i);
  return { shape, images, indices, labels: indices.map((i) => i % CLASSES) };
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

/** Times of the steps of a model, milliseconds. */
async function timesOf(
  backend: Backend,
  name: ModelName,
  batchSize: number,
  steps: number,
): Promise<readonly number[]> {
  const config: FinetuneConfig = {
    ...FINETUNE_RECIPE,
    model: MODEL_PRESETS[name],
    classes: CLASSES,
    training: { epochs: 1, warmupEpochs: 0, batchSize, accumIter: 1, seed: 0 },
  };
  const plan = orThrow(finetunePlan(config, batchSize * (steps + WARM_UP)));
  const batch = sameBatch(config);
  const batches: BatchSource = async function* () {
    while (true) yield await Promise.resolve(right(batch));
  };
  const start = initialFinetune({ config, plan }, new Map());
  const training = train(finetuneTask({ config, plan }), {
    ...{ backend, batches, start },
  });
  const times: number[] = [];
  let before = performance.now();
  for await (const taken of training) {
    orThrow(taken);
    const now = performance.now();
    times.push(now - before);
    before = now;
  }
  training.dispose();
  return times.slice(WARM_UP);
}

if (import.meta.main) {
  const steps = Number(process.argv[2] ?? 30);
  const backend = orThrow(await onnxBackend({ threads: THREADS }));
  for (const [model, batchSize] of [["nano", 32], ["vit-s", 16]] as const) {
    const times = await timesOf(backend, model, batchSize, steps);
    const rounded = (ms: number) => Math.round(1000 * ms) / 1000;
    console.log(JSON.stringify({
      ...{ model, batchSize, threads: THREADS, steps },
      fastestMs: rounded(Math.min(...times)),
      medianMs: rounded(median(times)),
      processor: processorHere(),
    }));
  }
  backend.dispose();
}
