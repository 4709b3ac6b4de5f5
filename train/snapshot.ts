/**
 * First snapshot of pre-training.
 *
 * @module
 */
import {
  type FreezePlan,
  initialParameters,
  isTrainable,
  type ParameterSpec,
  parameterSpecs,
  phaseAt,
  type PretrainConfig,
  rootKey,
  sizeOf,
  split,
  stateKinds,
  stateName,
  trainedParameters,
} from "../core/mod.ts";
import type { Snapshot } from "./engine/snapshot.ts";

/**
 * The parameters that the step before `step` moved; for step 0 those that the first will.
 *
 * The optimizer state of a snapshot at `step` is of these.
 */
export function movedParameters(
  config: PretrainConfig,
  plan: FreezePlan,
  step: number,
): readonly ParameterSpec[] {
  const phase = phaseAt(plan)(Math.max(0, step - 1));
  const names = new Set(trainedParameters({
    model: config.model,
    liveStages: phase.liveStages,
    isTrainable: isTrainable(plan, phase),
  }));
  return parameterSpecs(config.model).filter(({ name }) => names.has(name));
}

/**
 * The moment before the first step.
 *
 * @param config The seed gives the first values; the optimizer starts at zero.
 * @param plan The plan.
 */
export function initialSnapshot(
  config: PretrainConfig,
  plan: FreezePlan,
): Snapshot {
  const key = split(rootKey(config.training.seed), "parameters");
  return {
    step: 0,
    parameters: initialParameters(config.model, key),
    optimizer: new Map(
      movedParameters(config, plan, 0).flatMap(({ name, shape }) =>
        stateKinds(config.optimizer).map((
          kind,
        ) => [stateName(kind, name), new Float32Array(sizeOf(shape))])
      ),
    ),
    statistics: new Map(),
    averages: new Map(),
    skipped: 0,
  };
}
