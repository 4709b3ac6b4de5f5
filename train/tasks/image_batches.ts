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
import type { ImageSource } from "../../data/image/image_source.ts";
import type { Batch } from "../../data/loader/batch.ts";
import type {
  BatchLoading,
  LoadOptions,
} from "../../data/loader/batch_loading.ts";
import type { KeptImages } from "../../data/loader/kept_images.ts";
import { rowCount, type StepRows } from "../../data/loader/step_rows.ts";
import type { DataError } from "../../data/report/data_error.ts";
import {
  keepsLevels,
  paddedCropTransform,
  trainTransform,
} from "../../data/transforms/transform.ts";
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

/** A way of loading. */
export interface ImageLoading extends BatchLoading {
  /** Keeps pictures decoded from one epoch to the next; absent where none are decoded. */
  readonly keptImages?: (length: number) => KeptImages;
}

/** Batches of transformed images, in the order of the seed. */
function batchesBy(
  { loadBatches, loadLevels, keptImages }: ImageLoading,
  source: ImageSource,
  { seed, batchSize }: Pick<LoadOptions, "seed" | "batchSize">,
  transform: Result<Faults, LoadOptions["transform"]>,
  loading: Loading,
): Result<Faults, LevelSource> {
  if (transform._tag === "Left") return transform;
  const common = { source, transform: transform.right, seed, batchSize };
  const kept = keptImages?.(source.length);
  const options = { ...common, ...loading, kept, recycles: true };
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

/** A fault of a transform with its place in the configuration. */
function inConfig(fault: Fault): Fault {
  const field = fault.path === "scale" ? "cropScale" : fault.path;
  const isOurs = /^(cropScale|randAugment|erasing)/.test(field);
  return isOurs ? { ...fault, path: `augment.${field}` } : fault;
}

/** Batches of a source for the kinds of training. */
export interface ImageBatches {
  /** Random crops for pre-training. */
  batchSource(
    source: ImageSource,
    config: PretrainConfig,
    loading?: Loading,
  ): Result<Faults, LevelSource>;
  /** Random crops, mirrored and changed as the configuration says. */
  finetuneBatches(
    source: ImageSource,
    config: FinetuneConfig,
    loading?: Loading,
  ): Result<Faults, LevelSource>;
  /** Images shifted by up to four pixels and mirrored. */
  convNetBatches(
    source: ImageSource,
    config: Pick<ConvNetConfig, "model" | "training">,
    loading?: Loading,
  ): Result<Faults, LevelSource>;
}

/** Batches of a source for the kinds of training, by a way of loading. */
export function imageBatches(by: ImageLoading): ImageBatches {
  return {
    batchSource: (source, { model, training, cropScale }, loading = {}) => {
      const view = viewOf(model, source);
      const transform = trainTransform(
        cropScale === undefined ? view : { ...view, scale: cropScale },
      );
      return batchesBy(by, source, training, transform, loading);
    },
    finetuneBatches: (source, { model, augment, training }, loading = {}) => {
      const { cropScale: scale, ...changes } = augment;
      const view = viewOf(model, source);
      const made = trainTransform({ ...view, scale, ...changes });
      if (made._tag === "Right") {
        return batchesBy(by, source, training, made, loading);
      }
      const [first, ...others] = made.left;
      return left([inConfig(first), ...others.map(inConfig)]);
    },
    convNetBatches: (source, { model, training }, loading = {}) => {
      const transform = paddedCropTransform(viewOf(model, source));
      return batchesBy(by, source, training, transform, loading);
    },
  };
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
