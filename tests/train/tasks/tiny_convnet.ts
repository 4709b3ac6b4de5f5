/**
 * The training of a small convolutional network.
 *
 * @module
 */
import {
  type ConvNetConfig,
  convNetPlan,
  epochOrder,
  FREEZEOUT_RECIPE,
  right as success,
} from "../../../core/mod.ts";
import type { Backend } from "../../../backends/mod.ts";
import {
  sharedBatches,
  sharedIndices,
} from "../../../data/loader/step_rows.ts";
import type { Batch } from "../../../data/mod.ts";
import {
  type BatchSource,
  type ConvNetRun,
  convNetTask,
  initialConvNet,
  orThrow,
  type StepReport,
  train,
  type Training,
} from "../../../train/mod.ts";
import type { TrainOptions } from "../../../train/engine/loop.ts";
import { right } from "../../right.ts";

/** Images of an epoch, classes and pixels of a side. */
export const [SAMPLES, CLASSES, SIDE] = [24, 3, 8] as const;

/** Two epochs of six steps; the four first layers freeze at steps 3, 5, 7 and 9. */
export const CONFIG: ConvNetConfig = {
  ...FREEZEOUT_RECIPE,
  model: {
    family: "wideResNet",
    depth: 10,
    width: 1,
    imageSize: SIDE,
    inChannels: 1,
    classes: CLASSES,
  },
  freeze: { t0: 0.6, scale: "cubic" },
  training: { epochs: 2, warmupEpochs: 0, batchSize: 4, seed: 3 },
};

/** Pictures whose class is the side that is bright: left, right or none. */
export function pictures(indices: Int32Array, side: number = SIDE): Batch {
  const images = new Float32Array(indices.length * side * side);
  indices.forEach((index, b) => {
    for (let i = 0; i < side * side; i++) {
      const isLeft = i % side < side / 2;
      const bright = index % 3 === (isLeft ? 0 : 1) ? 1.5 : 0;
      images[b * side * side + i] = bright + Math.sin(37 * index + 11 * i);
    }
  });
  const shape = [indices.length, 1, side, side] as const;
  return { shape, images, indices, labels: indices.map((i) => i % CLASSES) };
}

/** Batches of such pictures. */
const batchesOf = (side: number): BatchSource =>
  async function* (
    epoch,
    fromBatch,
    _pixels,
    rows,
  ) {
    const { batchSize, seed } = CONFIG.training;
    const order = epochOrder(seed, epoch, SAMPLES);
    const count = rows === undefined ? 0 : sharedBatches(SAMPLES, rows);
    for (let k = fromBatch; rows !== undefined && k < count; k++) {
      yield success(pictures(sharedIndices(order, rows, k), side));
    }
    if (rows !== undefined) return;
    for (let k = fromBatch; (k + 1) * batchSize <= SAMPLES; k++) {
      const indices = order.slice(k * batchSize, (k + 1) * batchSize);
      yield success(pictures(indices, side));
    }
  };

/** Batches of pictures of 8 pixels. */
export const batches: BatchSource = batchesOf(SIDE);

/** What such a training needs. */
export interface ConvNetInputs extends ConvNetRun, TrainOptions<Batch> {}

/** A training that has not begun. */
export const started = (inputs: ConvNetInputs): Training =>
  train(convNetTask(inputs), inputs);

/** What a training needs that has not begun. */
export function inputsOn(backend: Backend, config = CONFIG): ConvNetInputs {
  const run = { config, plan: right(convNetPlan(config, SAMPLES)) };
  const source = batchesOf(config.model.imageSize);
  return { ...run, backend, batches: source, start: initialConvNet(run) };
}

/** Takes steps up to `last`, exclusively. */
export async function stepped(
  training: Training,
  last: number,
): Promise<readonly StepReport[]> {
  const reports: StepReport[] = [];
  if (training.step >= last) return reports;
  for await (const report of training) {
    reports.push(orThrow(report));
    if (training.step >= last) break;
  }
  return reports;
}

/**
 * Takes the steps that are left and gives the training back. One that is left just before a
 * freeze compiles its next programs still, and a test run that ends meanwhile is cut off.
 */
export async function ended(training: Training): Promise<void> {
  await stepped(training, Infinity);
  training.dispose();
}
