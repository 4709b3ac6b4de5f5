/**
 * Images of which some steps cannot learn.
 *
 * @module
 */
import { type PretrainConfig, right } from "../../core/mod.ts";
import type { BatchSource } from "../../train/mod.ts";
import { syntheticBatches, TINY_SAMPLES } from "./tiny_run.ts";

/**
 * Synthetic images; those of some micro-batches are not numbers.
 *
 * @param config The run.
 * @param spoiled Numbers of the micro-batches, counted over all epochs.
 */
export function spoiledBatches(
  config: PretrainConfig,
  spoiled: readonly number[],
): BatchSource {
  const batches = syntheticBatches(config);
  const perEpoch = Math.floor(TINY_SAMPLES / config.training.batchSize);
  return async function* (epoch, from) {
    let number = epoch * perEpoch + from;
    for await (const batch of batches(epoch, from)) {
      const isSpoiled = spoiled.includes(number++) && batch._tag === "Right";
      yield isSpoiled
        ? right({ ...batch.right, images: batch.right.images.map(() => NaN) })
        : batch;
    }
  };
}
