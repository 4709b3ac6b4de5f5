/**
 * The usual schedule: a ramp, then half a cosine.
 *
 * @module
 */
import type { LearningRate } from "../brand.ts";
import type { UniformSchedule } from "./rate_schedule.ts";

/** A ramp and a cosine in numbers. */
export interface CosineRate {
  /** Rate at the end of the ramp, `≥ 0`. */
  readonly peakRate: number;
  /** Rate that the cosine comes to at the end of training, `≥ 0`. */
  readonly endRate: number;
  /** Steps of the ramp, `0 ≤ W < totalSteps`; fractions are allowed. */
  readonly warmupSteps: number;
  /** Steps of training. */
  readonly totalSteps: number;
}

/**
 * A rate that rises from 0 to `peakRate` in a straight line and falls to `endRate`
 * along half a cosine; nothing freezes.
 *
 * @param rate Its numbers.
 * @returns The schedule, for `rateAt`.
 *
 * @example Eight steps, two of them warm-up
 * ```ts
 * import { cosineRate, rateAt } from "@vitfreeze/vitfreeze/core";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const rate = rateAt(cosineRate({ peakRate: 1, endRate: 0, warmupSteps: 2, totalSteps: 8 }));
 * deepStrictEqual([0, 1, 2, 5].map(rate), [0, 0.5, 1, 0.5]);
 * ```
 */
export function cosineRate(
  { peakRate, endRate, warmupSteps, totalSteps }: CosineRate,
): UniformSchedule {
  return {
    _tag: "Uniform",
    warmup: { steps: warmupSteps, peakRate: peakRate as LearningRate },
    initialRate: peakRate as LearningRate,
    endRate: endRate as LearningRate,
    annealSteps: totalSteps - warmupSteps,
    until: Infinity,
  };
}
