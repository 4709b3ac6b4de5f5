/**
 * The images that a convolutional network learns from.
 *
 * @module
 */
import type { BatchSource } from "../tasks/image_batch.ts";
import {
  type ConvNetConfig,
  type Faults,
  type Result,
  right,
} from "../../core/mod.ts";
import {
  type ImageSource,
  loadBatches,
  paddedCropTransform,
} from "../../data/mod.ts";

/**
 * Images of a source moved by up to four pixels and mirrored, in the order of the seed.
 *
 * @param source Labelled images; normalised by the source's own statistics.
 * @param config Image size, channels, batch size and seed.
 * @returns What `convNetTraining` takes its batches from, or why such images cannot be made.
 * The numbers of a batch last until the next one of its epoch is asked for.
 */
export function convNetBatches(
  source: ImageSource,
  { model, training }: Pick<ConvNetConfig, "model" | "training">,
): Result<Faults, BatchSource> {
  const { imageSize, inChannels } = model;
  const { seed, batchSize } = training;
  const { normalization } = source;
  const made = paddedCropTransform({ imageSize, inChannels, normalization });
  if (made._tag === "Left") return made;
  const common = {
    ...{ source, transform: made.right, seed, batchSize },
    recycles: true,
  };
  return right((epoch, fromBatch) =>
    loadBatches({ ...common, epoch, fromBatch })
  );
}
