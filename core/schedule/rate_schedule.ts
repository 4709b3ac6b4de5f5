/** Learning rates over time, as data. */
import type { LearningRate } from "../brand.ts";

/** A straight rise from 0, as long as it lasts. */
export interface WarmupRamp {
  /** Length, optimizer steps; 0 is no warm-up. */
  readonly steps: number;
  /** Rate at which the ramp aims, reached when it is over. */
  readonly peakRate: LearningRate;
}

/** A layer's own cosine: it ends exactly where the layer freezes. */
export interface LayerWiseSchedule {
  /** Discriminant. */
  readonly _tag: "LayerWise";
  /** Ramp before the cosine. */
  readonly warmup: WarmupRamp;
  /** Rate right after the ramp, `α_i(0)`. */
  readonly initialRate: LearningRate;
  /** Steps from the end of the ramp to rate 0, not rounded. */
  readonly annealSteps: number;
  /** First step at which the rate is 0 for good. */
  readonly until: number;
}

/** The cosine that all layers share, cut off where the layer freezes. */
export interface UniformSchedule {
  /** Discriminant. */
  readonly _tag: "Uniform";
  /** Ramp before the cosine. */
  readonly warmup: WarmupRamp;
  /** Rate right after the ramp. */
  readonly initialRate: LearningRate;
  /** Rate that the cosine would reach at the end of training. */
  readonly endRate: LearningRate;
  /** Steps from the end of the ramp to the end of training. */
  readonly annealSteps: number;
  /** First step at which the rate is 0 for good. */
  readonly until: number;
}

/** Learning rate as a function of the step, written as a record that can be printed, compared and saved. */
export type RateSchedule = LayerWiseSchedule | UniformSchedule;

/** Falls from 1 at 0 to 0 at 1 along half a cosine. */
const halfCosine = (part: number): number =>
  0.5 * (1 + Math.cos(Math.PI * part));

/**
 * Learning rate at a step.
 *
 * With `W` warm-up steps and `j = step − W`:
 * `peak·step/W` while `step < W`; then, until frozen,
 * `½·α(0)·(1 + cos(π·j/annealSteps))` of a layer-wise schedule and
 * `end + (α(0) − end)·½·(1 + cos(π·j/annealSteps))` of a uniform one; 0 from
 * step `until` on, that step included.
 *
 * Total: never throws; fractions of a step are allowed.
 *
 * @param schedule The schedule.
 * @returns A function from a step `≥ 0` (optimizer steps) to a rate `≥ 0`.
 *
 * @see Loshchilov and Hutter, SGDR, 2017, eq. 5; Brock et al., FreezeOut, 2017, section 2.
 *
 * @example A layer that rests after four of eight steps
 * ```ts
 * import { type LearningRate, rateAt } from "@vitfreeze/vitfreeze";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const rate = rateAt({
 *   _tag: "LayerWise",
 *   warmup: { steps: 2, peakRate: 1 as LearningRate },
 *   initialRate: 1 as LearningRate,
 *   annealSteps: 2,
 *   until: 4,
 * });
 *
 * deepStrictEqual([0, 1, 2, 3, 4, 7].map(rate), [0, 0.5, 1, 0.5, 0, 0]);
 * ```
 */
export function rateAt(
  schedule: RateSchedule,
): (step: number) => LearningRate {
  return (step) => rateOf(schedule, step) as LearningRate;
}

function rateOf(schedule: RateSchedule, step: number): number {
  const { warmup, initialRate, annealSteps, until } = schedule;
  if (step >= until) return 0;
  if (step < warmup.steps) return warmup.peakRate * step / warmup.steps;
  const part = (step - warmup.steps) / annealSteps;
  switch (schedule._tag) {
    case "LayerWise":
      return part < 1 ? initialRate * halfCosine(part) : 0;
    case "Uniform": {
      const { endRate } = schedule;
      return endRate + (initialRate - endRate) * halfCosine(part);
    }
  }
}

/** A ramp and a cosine in numbers. */
export interface CosineRate {
  /** Rate at the end of the ramp, `≥ 0`. */
  readonly peakRate: number;
  /** Rate at the end of the cosine, `≥ 0`. */
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
 * import { rateAt } from "@vitfreeze/vitfreeze";
 * import { cosineRate } from "./rate_schedule.ts";
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
