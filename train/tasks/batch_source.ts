/**
 * Batches that trainings learn from, made from the images of a source.
 *
 * @module
 */
import {
  type ConvNetConfig,
  type Fault,
  type Faults,
  type FinetuneConfig,
  left,
  type PretrainConfig,
  type Result,
  right,
} from "../../core/mod.ts";
import {
  type ImageSource,
  loadBatches,
  type LoadOptions,
  paddedCropTransform,
  trainTransform,
} from "../../data/mod.ts";
import type { BatchSource } from "./image_batch.ts";

/** How batches are made; none of it changes a batch of readable images. */
export type Loading = Pick<
  LoadOptions,
  "workers" | "onBadImage" | "badImages"
>;

/** Batches of transformed images, in the order of the seed. */
function loadedBy(
  common: Pick<LoadOptions, "source" | "transform" | "seed" | "batchSize">,
  loading: Loading,
): BatchSource {
  const options = { ...common, ...loading, recycles: true };
  return (epoch, fromBatch) => loadBatches({ ...options, epoch, fromBatch });
}

/**
 * Random crops of the images of a source, in the order of the seed.
 *
 * @param source Images; normalised by the source's own statistics.
 * @param config Image size, channels, batch size and seed of the run.
 * @param loading Who makes images ready, and what is done about bad ones.
 * @returns What `pretraining` takes its batches from, or why such images cannot be made.
 * The numbers of a batch last until the next one of its epoch is asked for.
 */
export function batchSource(
  source: ImageSource,
  { model, training }: PretrainConfig,
  loading: Loading = {},
): Result<Faults, BatchSource> {
  const { imageSize, inChannels } = model;
  const { normalization } = source;
  const made = trainTransform({ imageSize, inChannels, normalization });
  const { seed, batchSize } = training;
  return made._tag === "Left" ? made : right(
    loadedBy({ source, transform: made.right, seed, batchSize }, loading),
  );
}

/** Where the fields of a transform stand in the configuration. */
function inConfig(fault: Fault): Fault {
  const field = fault.path === "scale" ? "cropScale" : fault.path;
  const isOurs = /^(cropScale|randAugment|erasing)/.test(field);
  return isOurs ? { ...fault, path: `augment.${field}` } : fault;
}

/**
 * Random crops of the images of a source, half of them mirrored, then changed by
 * RandAugment and random erasing as the configuration says, in the order of the seed.
 * What an image becomes is a function of seed, epoch and its index.
 *
 * @param source Labelled images; normalised by the source's own statistics.
 * @param config Image size, channels, augmentation, batch size and seed.
 * @param loading Who makes images ready, and what is done about bad ones.
 * @returns What `train` takes the batches of a `finetuneTask` from, or why such images
 * cannot be made. The numbers of a batch last until the next one of its epoch is asked for.
 */
export function finetuneBatches(
  source: ImageSource,
  { model, augment, training }: FinetuneConfig,
  loading: Loading = {},
): Result<Faults, BatchSource> {
  const { imageSize, inChannels } = model;
  const { normalization } = source;
  const { cropScale: scale, ...changes } = augment;
  const sizes = { imageSize, inChannels, normalization, scale };
  const made = trainTransform({ ...sizes, ...changes });
  if (made._tag === "Left") {
    const [first, ...others] = made.left;
    return left([inConfig(first), ...others.map(inConfig)]);
  }
  const { seed, batchSize } = training;
  return right(
    loadedBy({ source, transform: made.right, seed, batchSize }, loading),
  );
}

/**
 * Images of a source moved by up to four pixels and mirrored, in the order of the seed.
 *
 * @param source Labelled images; normalised by the source's own statistics.
 * @param config Image size, channels, batch size and seed.
 * @param loading Who makes images ready, and what is done about bad ones.
 * @returns What `train` takes the batches of a `convNetTask` from, or why such images
 * cannot be made. The numbers of a batch last until the next one of its epoch is asked for.
 */
export function convNetBatches(
  source: ImageSource,
  { model, training }: Pick<ConvNetConfig, "model" | "training">,
  loading: Loading = {},
): Result<Faults, BatchSource> {
  const { imageSize, inChannels } = model;
  const { normalization } = source;
  const made = paddedCropTransform({ imageSize, inChannels, normalization });
  const { seed, batchSize } = training;
  return made._tag === "Left" ? made : right(
    loadedBy({ source, transform: made.right, seed, batchSize }, loading),
  );
}
