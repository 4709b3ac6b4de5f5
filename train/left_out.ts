/**
 * Steps that are left out.
 *
 * @module
 */
import { stateKinds, stateName } from "../core/mod.ts";
import type { PhasePrograms } from "./phase_programs.ts";
import type { StepContext } from "./step_context.ts";
import { disposeAll, type TrainState } from "./train_state.ts";

/**
 * Whether a run may leave out one more step.
 *
 * @param context How many may be left out.
 * @param state How many were.
 */
export function mayBeLeftOut(
  { skipNonFinite = 0 }: StepContext,
  { skipped }: TrainState,
): boolean {
  return skipped < skipNonFinite;
}

/**
 * The state after a step that was left out: it is counted, and no parameter and no
 * moment of what still trains has moved. The optimizer state of what is frozen ends
 * here, as it would have by the update.
 *
 * @param context Configuration.
 * @param programs Programs of the phase of the step.
 * @param state The state before; what is no longer needed is given back.
 */
export function leftOut(
  { config }: StepContext,
  { trained }: PhasePrograms,
  state: TrainState,
): TrainState {
  const names = new Set(
    trained.flatMap(({ name }) =>
      stateKinds(config.optimizer).map((kind) => stateName(kind, name))
    ),
  );
  const isKept = ([name]: readonly [string, unknown]): boolean =>
    names.has(name);
  const kept = [...state.optimizer].filter(isKept);
  const ended = [...state.optimizer].filter((entry) => !isKept(entry));
  disposeAll(ended.map(([, tensor]) => tensor));
  return {
    ...state,
    step: state.step + 1,
    optimizer: new Map(kept),
    skipped: state.skipped + 1,
  };
}
