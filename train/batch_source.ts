/**
 * The batches that a run learns from.
 *
 * @module
 */
import type { Faults, PretrainConfig, Result } from "../core/mod.ts";
import { right } from "../core/mod.ts";
import { type ImageSource, loadBatches, trainTransform } from "../data/mod.ts";
import type { BatchSource } from "./pretraining.ts";

/**
 * Random crops of the images of a source, in the order of the seed.
 *
 * @param source Images; normalised by the source's own statistics.
 * @param config Image size, channels, batch size and seed of the run.
 * @returns What `pretraining` takes its batches from, or why such images cannot be made.
 */
export function batchSource(
  source: ImageSource,
  config: PretrainConfig,
): Result<Faults, BatchSource> {
  const { imageSize, inChannels } = config.model;
  const { seed, batchSize } = config.training;
  const { normalization } = source;
  const transform = trainTransform({ imageSize, inChannels, normalization });
  return transform._tag === "Left"
    ? transform
    : right((epoch, fromBatch) =>
      loadBatches({
        source,
        transform: transform.right,
        seed,
        epoch,
        batchSize,
        fromBatch,
      })
    );
}
