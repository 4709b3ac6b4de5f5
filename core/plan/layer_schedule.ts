/**
 * From a plan's configuration to the schedule of each layer.
 *
 * @module
 */
import type { FreezeTime, LearningRate } from "../brand.ts";
import {
  annealSteps,
  freezeStepAt,
  type TrainingSpan,
} from "../schedule/annealing.ts";
import { initialRate } from "../schedule/initial_rate.ts";
import type {
  RateSchedule,
  UniformSchedule,
} from "../schedule/rate_schedule.ts";
import type { RateConfig } from "../config/pretrain.ts";

/** The cosine that all layers share, times a factor, until a step. */
const commonSchedule = (
  rate: RateConfig,
  { totalSteps, warmupSteps }: TrainingSpan,
) =>
(factor: number, until: number): UniformSchedule => {
  const start = factor * rate.baseRate as LearningRate;
  const common = rate.baseRate as LearningRate;
  return {
    _tag: "Uniform",
    warmup: {
      steps: warmupSteps,
      peakRate: rate.warmup === "figure" ? start : common,
    },
    initialRate: start,
    endRate: factor * rate.endRate as LearningRate,
    annealSteps: totalSteps - warmupSteps,
    until,
  };
};

/**
 * Schedule of parameters that never freeze: the common cosine.
 *
 * @param rate How fast layers learn.
 * @param span Length of the run.
 */
export function unfrozenSchedule(
  rate: RateConfig,
  span: TrainingSpan,
): RateSchedule {
  return commonSchedule(rate, span)(1, span.totalSteps);
}

/**
 * Schedule of a layer.
 *
 * @param rate How fast layers learn.
 * @param span Length of the run.
 * @returns A function from the layer's freeze time and its stage's factor to its schedule.
 */
export function layerSchedule(
  rate: RateConfig,
  span: TrainingSpan,
): (freezeTime: FreezeTime, factor: number) => RateSchedule {
  const { mode } = rate;
  const untilOf = freezeStepAt(rate.warmup, span);
  if (mode._tag === "Uniform") {
    return (freezeTime, factor) =>
      commonSchedule(rate, span)(factor, untilOf(freezeTime));
  }
  const startOf = initialRate(rate.baseRate, mode.power);
  return (freezeTime, factor) => {
    const start = factor * startOf(freezeTime) as LearningRate;
    const common = rate.baseRate as LearningRate;
    return {
      _tag: "LayerWise",
      warmup: {
        steps: span.warmupSteps,
        peakRate: rate.warmup === "figure" ? start : common,
      },
      initialRate: start,
      annealSteps: annealSteps(rate.warmup, span)(freezeTime),
      until: untilOf(freezeTime),
    };
  };
}
