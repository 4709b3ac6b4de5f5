/**
 * Phases of a plan.
 *
 * @module
 */
import type {
  FreezePlan,
  Phase,
  Phases,
  PlanLayer,
  PlanStage,
} from "./plan.ts";

/**
 * Cuts a run wherever a layer freezes.
 *
 * @param layers Layers from shallow to deep.
 * @param stages Stages from shallow to deep.
 * @param totalSteps Optimizer steps of the run.
 * @returns Phases that tile `[0, totalSteps)`; layers that freeze at the same step share a cut.
 */
export function phasesOf(
  layers: readonly PlanLayer[],
  stages: readonly PlanStage[],
  totalSteps: number,
): Phases {
  const cuts = layers.map(({ freezeStep }) => freezeStep)
    .filter((step) => step < totalSteps);
  const starts = [...new Set(cuts)];
  const phase = (from: number, index: number): Phase => {
    const training = layers.filter(({ freezeStep }) => freezeStep > from);
    const live = stages.filter(({ pruneStep }) => pruneStep > from);
    return {
      index,
      from,
      to: starts[index] ?? totalSteps,
      frozenLayers: layers.length - training.length,
      trainableLayers: training.map((layer) => layer.index),
      liveStages: live.map((stage) => stage.index),
    };
  };
  return [phase(0, 0), ...starts.map((from, i) => phase(from, i + 1))];
}

/**
 * Phase of a step.
 *
 * @param plan The plan.
 * @returns A function from an optimizer step to its phase; steps before the run
 * have the first one, steps after it the last.
 *
 * @example The first step trains everything
 * ```ts
 * import { DEFAULT_PRETRAIN_CONFIG, phaseAt, planOf } from "@vitfreeze/vitfreeze/core";
 * import { strictEqual } from "node:assert/strict";
 *
 * const plan = planOf(DEFAULT_PRETRAIN_CONFIG, 1_281_167);
 *
 * strictEqual(plan._tag === "Right" && phaseAt(plan.right)(0).frozenLayers, 0);
 * ```
 */
export function phaseAt(
  plan: Pick<FreezePlan, "phases">,
): (step: number) => Phase {
  const [first, ...others] = plan.phases;
  return (step) => others.findLast(({ from }) => from <= step) ?? first;
}
