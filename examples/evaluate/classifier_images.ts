/**
 * Images for a classifier: random crops to learn from, middles to judge by.
 *
 * @module
 */
import { left, type Result, right } from "../../core/mod.ts";
import {
  evalTransform,
  type ImageSource,
  loadAll,
  loadBatches,
  trainTransform,
} from "../../data/mod.ts";
import type {
  BatchSource,
  FinetuneConfig,
  TrainError,
} from "../../train/mod.ts";
import type { Evaluation } from "./open_evaluation.ts";

/** Random crops of the images to learn from. */
export function learningCrops(
  source: ImageSource,
  { model, augment, training: { seed, batchSize } }: FinetuneConfig,
): Result<TrainError, BatchSource> {
  const { imageSize, inChannels } = model;
  const { normalization } = source;
  const scale = augment.cropScale;
  const format = { imageSize, inChannels, normalization, scale };
  const made = trainTransform(format);
  if (made._tag === "Left") {
    return left({ _tag: "BadConfig", faults: made.left });
  }
  const common = { source, transform: made.right, seed, batchSize };
  return right((epoch, fromBatch) =>
    loadBatches({ ...common, epoch, fromBatch })
  );
}

/** The middles of the images to judge by, in order. */
export function judgingMiddles(
  { queries: source, resizeSize, encoder: { model } }: Evaluation,
  batchSize: number,
): Result<TrainError, ReturnType<typeof loadAll>> {
  const { imageSize, inChannels } = model;
  const { normalization } = source;
  const format = { imageSize, inChannels, normalization, resizeSize };
  const made = evalTransform(format);
  return made._tag === "Left"
    ? left<TrainError>({ _tag: "BadConfig", faults: made.left })
    : right(loadAll({ source, transform: made.right, batchSize }));
}
