/** Stochastic depth. */
import { epochKey, split, uniforms } from "../../core/mod.ts";
import type { EpochDraw } from "./batch_tensors.ts";

/**
 * Factors of the branches of every block: 0 where a branch is dropped, else
 * `1/(1 − p)`. Block `i` of `depth` drops with probability `p = rate·i/(depth − 1)`.
 * The factors of a sample are a function of seed, epoch and its index.
 *
 * @param rate Probability in the last block, in `[0, 1)`.
 * @param depth Blocks.
 * @param draw Seed and epoch.
 * @returns `[B, 2·depth]`: attention, then MLP of each block.
 * @see Huang et al., Deep Networks with Stochastic Depth, 2016.
 */
export function branchFactors(
  rate: number,
  depth: number,
  indices: Int32Array,
  { seed, epoch }: EpochDraw,
): Float32Array {
  const factors = new Float32Array(2 * depth * indices.length);
  indices.forEach((index, sample) => {
    const key = split(split(epochKey(seed, epoch), index), "dropPath");
    uniforms(key, 2 * depth).forEach((u, branch) => {
      const block = Math.floor(branch / 2);
      const drop = depth === 1 ? rate : rate * block / (depth - 1);
      factors[sample * 2 * depth + branch] = u < drop ? 0 : 1 / (1 - drop);
    });
  });
  return factors;
}
