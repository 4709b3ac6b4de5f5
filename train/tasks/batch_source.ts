/**
 * The batches that a run learns from.
 *
 * @module
 */
import type { Faults, PretrainConfig, Result } from "../../core/mod.ts";
import { right } from "../../core/mod.ts";
import {
  type ImageSource,
  loadBatches,
  type LoadOptions,
  trainTransform,
} from "../../data/mod.ts";
import type { BatchSource } from "./image_batch.ts";

/** How batches are made; none of it changes a batch of readable images. */
export type Loading = Pick<
  LoadOptions,
  "workers" | "onBadImage" | "badImages"
>;

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
  config: PretrainConfig,
  loading: Loading = {},
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
        recycles: true,
        ...loading,
      })
    );
}
