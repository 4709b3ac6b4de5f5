/**
 * Layers and stages of a plan.
 *
 * @module
 */
import type { FreezeTime } from "../brand.ts";
import { freezeStepAt } from "../schedule/annealing.ts";
import { freezeTimes } from "../schedule/freeze_time.ts";
import { stageFactor } from "../schedule/initial_rate.ts";
import type { FreezeConfig } from "../config/pretrain.ts";
import { layerSchedule } from "./layer_schedule.ts";
import type { PlanConfig, PlanLayer, PlanStage } from "./plan.ts";

/**
 * Index of the layer of block 0.
 *
 * @param freeze Whether the patch embedding is a layer.
 * @returns 1 if it is, else 0.
 */
export function firstBlockLayer(freeze: FreezeConfig): 0 | 1 {
  return freeze.freezePatchEmbed ? 1 : 0;
}

/**
 * Moments at which the layers of a plan freeze.
 *
 * @param config The plan's configuration.
 * @returns One part of training for each layer, shallow to deep.
 */
export function layerFreezeTimes(config: PlanConfig): readonly FreezeTime[] {
  const { freeze, model } = config;
  return freezeTimes(freeze, model.depth + firstBlockLayer(freeze));
}

/**
 * Layers of a plan: the patch embedding if it freezes, then the blocks.
 *
 * @param config A configuration without faults.
 * @returns Layers from shallow to deep.
 */
export function planLayers(config: PlanConfig): readonly PlanLayer[] {
  const { freeze, model, rate } = config;
  const first = firstBlockLayer(freeze);
  const scheduleOf = layerSchedule(rate, config);
  const factorOf = stageFactor(model.stages.length, rate.stagePower);
  return layerFreezeTimes(config).map((freezeTime, index) => {
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

/**
 * Stages of a plan; each ends when the layer that it taps freezes.
 *
 * @param config A configuration without faults.
 * @param layers Its layers.
 * @returns Stages from shallow to deep.
 */
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
    pruneStep: layers[tap + first]?.freezeStep ?? config.totalSteps,
  }));
}

/**
 * First step at which the first layer is frozen, also for a configuration whose
 * freeze times are at fault.
 *
 * @param config The plan's configuration, each field in its range.
 */
export function firstFreezeStep(config: PlanConfig): number {
  const [first] = layerFreezeTimes(config);
  return first === undefined
    ? config.totalSteps
    : freezeStepAt(config.rate.warmup, config)(first);
}
