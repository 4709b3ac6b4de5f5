/** Dropout of a training step. */
import { epochKey, split, uniforms } from "../../core/mod.ts";
import type { EpochDraw } from "./batch_tensors.ts";

/**
 * Factors of dropout: 0 with probability `rate`, else `1 / (1 − rate)`. Those of a sample
 * follow from seed, epoch and its index, whatever batch or process it lies in.
 *
 * @param rate Part that is dropped, in `[0, 1)`.
 * @param units Values of a sample.
 * @param indices Samples of the batch.
 * @returns `[B, units]`.
 *
 * @see Srivastava et al., Dropout, 2014, section 10, for factors in training.
 */
export function dropoutFactors(
  rate: number,
  units: number,
  indices: Int32Array,
  { seed, epoch }: EpochDraw,
): Float32Array {
  const factors = new Float32Array(units * indices.length);
  indices.forEach((index, sample) => {
    const key = split(split(epochKey(seed, epoch), index), "dropout");
    const kept = uniforms(key, units).map((u) => u < rate ? 0 : 1 / (1 - rate));
    factors.set(kept, sample * units);
  });
  return factors;
}
