/**
 * The batches that fine-tuning learns from.
 *
 * @module
 */
import type { Fault, Faults, FinetuneConfig } from "../../core/mod.ts";
import { left, type Result, right } from "../../core/mod.ts";
import {
  type ImageSource,
  loadBatches,
  trainTransform,
} from "../../data/mod.ts";
import type { Loading } from "../batch_source.ts";
import type { BatchSource } from "../pretraining.ts";

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
 * @returns What `finetuning` takes its batches from, or why such images cannot be made.
 * The numbers of a batch last until the next one of its epoch is asked for.
 */
export function finetuneBatches(
  source: ImageSource,
  config: FinetuneConfig,
  loading: Loading = {},
): Result<Faults, BatchSource> {
  const { model: { imageSize, inChannels }, augment, training } = config;
  const { cropScale: scale, ...changes } = augment;
  const { seed, batchSize } = training;
  const transform = trainTransform({
    imageSize,
    inChannels,
    normalization: source.normalization,
    scale,
    ...changes,
  });
  if (transform._tag === "Left") {
    const [first, ...others] = transform.left;
    return left([inConfig(first), ...others.map(inConfig)]);
  }
  const options = {
    ...{ source, transform: transform.right, seed, batchSize },
    recycles: true,
  };
  return right((epoch, fromBatch) =>
    loadBatches({ ...options, ...loading, epoch, fromBatch })
  );
}
