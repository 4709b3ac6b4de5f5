/** Layers and stages of a plan, with their freeze times and learning rates. */
import type { FreezeTime, LearningRate } from "../brand.ts";
import type { FreezeConfig, RateConfig } from "../config/parts.ts";
import {
  annealSteps,
  freezeStepAt,
  type TrainingSpan,
} from "../schedule/annealing.ts";
import { weightlessFrom } from "../schedule/curriculum.ts";
import { freezeTimes } from "../schedule/freeze_time.ts";
import { initialRate, stageFactor } from "../schedule/initial_rate.ts";
import type {
  RateSchedule,
  UniformSchedule,
} from "../schedule/rate_schedule.ts";
import type { PlanConfig, PlanLayer, PlanStage } from "./plan.ts";

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
      peakRate: rate.warmup === "perLayer" ? start : common,
    },
    initialRate: start,
    endRate: factor * rate.endRate as LearningRate,
    annealSteps: totalSteps - warmupSteps,
    until,
  };
};

/** Schedule of parameters that never freeze: the common cosine. */
export function unfrozenSchedule(
  rate: RateConfig,
  span: TrainingSpan,
): RateSchedule {
  return commonSchedule(rate, span)(1, span.totalSteps);
}

/**
 * Schedule of a layer.
 *
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
        peakRate: rate.warmup === "perLayer" ? start : common,
      },
      initialRate: start,
      annealSteps: annealSteps(rate.warmup, span)(freezeTime),
      until: untilOf(freezeTime),
    };
  };
}

/**
 * Index of the layer of block 0.
 *
 * @returns 1 if it is, else 0.
 */
export function firstBlockLayer(
  freeze: Pick<FreezeConfig, "freezePatchEmbed">,
): 0 | 1 {
  return freeze.freezePatchEmbed ? 1 : 0;
}

/** Number of layers of a plan. */
export function layerCount(
  { model, freeze }: Pick<PlanConfig, "model" | "freeze">,
): number {
  return model.depth + firstBlockLayer(freeze);
}

/** Layers of a plan: the patch embedding if it freezes, then the blocks. */
export function planLayers(config: PlanConfig): readonly PlanLayer[] {
  const { freeze, model, rate } = config;
  const first = firstBlockLayer(freeze);
  const scheduleOf = layerSchedule(rate, config);
  const factorOf = stageFactor(model.stages.length, rate.stagePower);
  return freezeTimes(freeze, layerCount(config)).map((freezeTime, index) => {
    const stage = model.stages.findIndex(({ tap }) => tap + first >= index);
    const schedule = scheduleOf(freezeTime, factorOf(stage));
    return {
      index,
      name: index < first ? "patch_embed" : `block ${index - first}`,
      stage,
      freezeTime,
      freezeStep: schedule.until,
      schedule,
    };
  });
}

/** First step from which a stage has no weight any more; `totalSteps` if it has to the end. */
const weightlessStep = (
  { curriculum, totalSteps }: PlanConfig,
  stage: number,
): number => {
  if (curriculum === undefined) return totalSteps;
  const time = weightlessFrom(curriculum, stage);
  return time === null ? totalSteps : Math.ceil(time * totalSteps);
};

/** Stages of a plan; each ends when the layer that it taps freezes, or it has no weight any more. */
export function planStages(
  config: PlanConfig,
  layers: readonly PlanLayer[],
): readonly PlanStage[] {
  const first = firstBlockLayer(config.freeze);
  return config.model.stages.map(({ tap, scale, weight }, index) => ({
    index,
    layer: tap + first,
    scale,
    weight,
    pruneStep: Math.min(
      layers[tap + first]?.freezeStep ?? config.totalSteps,
      weightlessStep(config, index),
    ),
  }));
}
