/** Initial learning rates of layers. */
import type { FreezeTime, LearningRate } from "../brand.ts";

/**
 * Initial rate of a layer by its freeze time (LR-LR): `α_i(0) = α / t_i^p`.
 *
 * `p = 1` is FreezeOut's scaling, by which every layer covers the same area
 * under its curve; `p = 0` leaves all layers at `α`.
 *
 * @param baseRate Rate `α ≥ 0` before scaling.
 * @param power Exponent `p`.
 * @returns A function from a freeze time to a rate.
 *
 * @example FreezeOut's scaling doubles the start of a layer that freezes halfway
 * ```ts
 * import { type FreezeTime } from "@vitfreeze/vitfreeze";
 * import { initialRate } from "./initial_rate.ts";
 * import { strictEqual } from "node:assert/strict";
 *
 * strictEqual(initialRate(0.1, 1)(0.5 as FreezeTime), 0.2);
 * strictEqual(initialRate(0.1, 0)(0.5 as FreezeTime), 0.1);
 * ```
 */
export function initialRate(
  baseRate: number,
  power: number,
): (freezeTime: FreezeTime) => LearningRate {
  return (freezeTime) => (baseRate / freezeTime ** power) as LearningRate;
}

/**
 * Factor on the rate of a stage's layers (SR-LR): `(1 / (S − s + 1))^p`.
 *
 * `S − s + 1` stages send their gradient into the layers of stage `s`; the
 * factor takes the gain back. `p = 0` is off; the deepest stage always has 1.
 *
 * @param stages Number of stages, `S ≥ 1`.
 * @param power Exponent `p ≥ 0`.
 * @returns A function from the index of a stage, from 0, to a factor in `(0, 1]`.
 *
 * @example Four stages with p = 1
 * ```ts
 * import { stageFactor } from "./initial_rate.ts";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * deepStrictEqual([0, 1, 2, 3].map(stageFactor(4, 1)), [1 / 4, 1 / 3, 1 / 2, 1]);
 * ```
 */
export function stageFactor(
  stages: number,
  power: number,
): (stage: number) => number {
  return (stage) => (1 / (stages - stage)) ** power;
}

/**
 * Rate for a batch size by the linear rule: `α = rate · batch / 256`.
 *
 * @param rate Rate for 256 samples.
 * @param effectiveBatch Samples of one optimizer step, over all accumulated batches.
 * @returns The rate to train with.
 *
 * @see Goyal et al., Accurate, Large Minibatch SGD, 2017.
 */
export function peakRate(rate: number, effectiveBatch: number): LearningRate {
  return (rate * effectiveBatch / 256) as LearningRate;
}
