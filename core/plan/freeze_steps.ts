/** A plan whose layers freeze at steps that are given, and keep their rates until then. */
import { freezeTimeAt } from "../schedule/annealing.ts";
import {
  type FreezePlan,
  phasesOf,
  type PlanLayer,
  type PlanStage,
} from "./plan.ts";

const frozenFrom = (layer: PlanLayer, step: number): PlanLayer => ({
  ...layer,
  freezeStep: step,
  schedule: { ...layer.schedule, until: step },
});

const endingWith = (
  stage: PlanStage,
  layers: readonly PlanLayer[],
): PlanStage => ({
  ...stage,
  pruneStep: Math.min(
    stage.pruneStep,
    layers[stage.layer]?.freezeStep ?? stage.pruneStep,
  ),
});

/**
 * The same plan with layers that freeze at other steps, while all keep their rates: no
 * curve is bent to end where its layer freezes, as those of FreezeOut are.
 *
 * @param plan A plan in which nothing freezes before these steps.
 * @param steps For each layer the first step at which it is frozen, from 1 to `totalSteps`;
 * they do not fall.
 * @returns Its configuration is still that of `plan`.
 */
export function withFreezeSteps(
  plan: FreezePlan,
  steps: readonly number[],
): FreezePlan {
  const { totalSteps, config: { rate } } = plan;
  const timeAt = freezeTimeAt(rate.warmup, plan);
  const layers = plan.layers.map((layer, i) => {
    const step = Math.min(layer.freezeStep, steps[i] ?? totalSteps);
    const freezeTime = step === layer.freezeStep
      ? layer.freezeTime
      : timeAt(step);
    return { ...frozenFrom(layer, step), freezeTime };
  });
  const stages = plan.stages.map((stage) => endingWith(stage, layers));
  return {
    ...plan,
    layers,
    stages,
    phases: phasesOf(layers, stages, totalSteps),
  };
}
