/** Batches of training images, and the inputs that steps take from them. */
import {
  type ConvNetConfig,
  type Fault,
  type Faults,
  type FinetuneConfig,
  left,
  type ModelSpec,
  type PretrainConfig,
  type Result,
  right,
} from "../../core/mod.ts";
import {
  type Batch,
  type DataError,
  type ImageSource,
  keepsLevels,
  loadBatches,
  loadLevels,
  type LoadOptions,
  paddedCropTransform,
  rowCount,
  type StepRows,
  trainTransform,
} from "../../data/mod.ts";
import type { ItemSource, PixelForm } from "../engine/epoch_items.ts";
import type { TrainError } from "../train_error.ts";
import type { TrainingBatch } from "./batch_images.ts";

/** The micro-batches of an epoch from one of them on, in the order of the seed. */
export type BatchSource = ItemSource<Batch>;

/**
 * A `BatchSource` that gives levels to whom asks for them, where every pixel is one: not
 * after random erasing.
 */
export interface LevelSource {
  /** Batches of numbers. */
  (
    epoch: number,
    fromBatch: number,
    pixels?: "numbers",
    rows?: StepRows,
  ): AsyncIterable<Result<DataError, Batch>>;
  /** Batches of levels, if there are any. */
  (
    epoch: number,
    fromBatch: number,
    pixels?: PixelForm,
    rows?: StepRows,
  ): AsyncIterable<Result<DataError, TrainingBatch>>;
}

/** Options of loading; none of them changes a batch of readable images. */
export type Loading = Pick<
  LoadOptions,
  "workers" | "onBadImage" | "badImages"
>;

/** Batches of transformed images, in the order of the seed. */
function batchesBy(
  source: ImageSource,
  { seed, batchSize }: Pick<LoadOptions, "seed" | "batchSize">,
  transform: Result<Faults, LoadOptions["transform"]>,
  loading: Loading,
): Result<Faults, LevelSource> {
  if (transform._tag === "Left") return transform;
  const common = { source, transform: transform.right, seed, batchSize };
  const options = { ...common, ...loading, recycles: true };
  const placed = (epoch: number, fromBatch: number, rows?: StepRows) => {
    const [first] = rows?.batches ?? [];
    const size = first === undefined ? batchSize : rowCount(first);
    return { ...options, epoch, fromBatch, rows, batchSize: size };
  };
  const hasLevels = keepsLevels(transform.right);
  const either = (
    epoch: number,
    fromBatch: number,
    pixels?: PixelForm,
    rows?: StepRows,
  ) =>
    pixels === "levels" && hasLevels
      ? loadLevels(placed(epoch, fromBatch, rows))
      : loadBatches(placed(epoch, fromBatch, rows));
  return right(either as LevelSource);
}

/** Sizes and statistics of the images that a model sees. */
const viewOf = (
  { imageSize, inChannels }: Pick<ModelSpec, "imageSize" | "inChannels">,
  { normalization }: ImageSource,
) => ({ imageSize, inChannels, normalization });

/**
 * Random crops of the images of a source, in the order of the seed.
 *
 * @param source Images; normalised by the source's own statistics.
 * @param config Image size, channels, batch size and seed of the run.
 * @param loading Workers that prepare images, and the policy for bad ones.
 * @returns Batch source for `pretraining`, or why such images cannot be made.
 * The numbers of a batch last until the next one of its epoch is asked for.
 */
export function batchSource(
  source: ImageSource,
  { model, training }: PretrainConfig,
  loading: Loading = {},
): Result<Faults, LevelSource> {
  const transform = trainTransform(viewOf(model, source));
  return batchesBy(source, training, transform, loading);
}

/** A fault of a transform with its place in the configuration. */
function inConfig(fault: Fault): Fault {
  const field = fault.path === "scale" ? "cropScale" : fault.path;
  const isOurs = /^(cropScale|randAugment|erasing)/.test(field);
  return isOurs ? { ...fault, path: `augment.${field}` } : fault;
}

/**
 * Random crops of the images of a source, half of them mirrored, then changed by
 * RandAugment and random erasing as the configuration says, in the order of the seed.
 * The view of an image is a function of seed, epoch and its index.
 *
 * @param source Labelled images; normalised by the source's own statistics.
 * @param config Image size, channels, augmentation, batch size and seed.
 * @returns Batch source for `train` with a `finetuneTask`, or why such images
 * cannot be made. The numbers of a batch last until the next one of its epoch is asked for.
 */
export function finetuneBatches(
  source: ImageSource,
  { model, augment, training }: FinetuneConfig,
  loading: Loading = {},
): Result<Faults, LevelSource> {
  const { cropScale: scale, ...changes } = augment;
  const made = trainTransform({ ...viewOf(model, source), scale, ...changes });
  if (made._tag === "Right") return batchesBy(source, training, made, loading);
  const [first, ...others] = made.left;
  return left([inConfig(first), ...others.map(inConfig)]);
}

/**
 * Images of a source shifted by up to four pixels and mirrored, in the order of the seed.
 *
 * @param source Labelled images; normalised by the source's own statistics.
 * @returns Batch source for `train` with a `convNetTask`, or why such images
 * cannot be made. The numbers of a batch last until the next one of its epoch is asked for.
 */
export function convNetBatches(
  source: ImageSource,
  { model, training }: Pick<ConvNetConfig, "model" | "training">,
  loading: Loading = {},
): Result<Faults, LevelSource> {
  const transform = paddedCropTransform(viewOf(model, source));
  return batchesBy(source, training, transform, loading);
}

/** Classes of a batch, each of which must be one. */
export function checkedLabels(
  { labels }: Pick<Batch, "labels">,
  classes: number,
): Result<TrainError, Int32Array> {
  const bad = labels?.find((label) => !(label >= 0 && label < classes));
  if (labels !== null && bad === undefined) return right(labels);
  const wanted = `classes from 0 to ${classes - 1}`;
  return left({
    _tag: "BadConfig",
    faults: [{ _tag: "OutOfRange", path: "labels", found: bad, wanted }],
  });
}
