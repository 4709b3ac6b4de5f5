/** The state with which a phase is entered. */
import {
  type FreezePlan,
  type Phase,
  type PretrainConfig,
  sizeOf,
  stateKinds,
  stateName,
} from "../../core/mod.ts";
import {
  type HostTensors,
  type Snapshot,
  trainableParameters,
} from "../../train/mod.ts";

/**
 * The state with which a phase would be entered, but with given parameters and an
 * optimizer that has seen nothing.
 *
 * @param config Model and optimizer.
 * @param plan The plan.
 * @param phase The phase.
 * @param parameters Every parameter by name.
 */
export function entrySnapshot(
  config: PretrainConfig,
  plan: FreezePlan,
  { from }: Phase,
  parameters: HostTensors,
): Snapshot {
  const moved = trainableParameters(config, plan, from + 1);
  return {
    step: from,
    parameters,
    optimizer: new Map(
      moved.flatMap(({ name, shape }) =>
        stateKinds(config.optimizer).map((kind) => [
          stateName(kind, name),
          new Float32Array(sizeOf(shape)),
        ])
      ),
    ),
    statistics: new Map(),
    averages: new Map(),
    skipped: 0,
  };
}
