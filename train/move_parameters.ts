/**
 * The optimizer's part of a step.
 *
 * @module
 */
import type { DeviceTensors } from "../backends/backend.ts";
import { ratesAt, type Result, right } from "../core/mod.ts";
import { type PhasePrograms, rateName } from "./phase_programs.ts";
import { orBackendFailed } from "./run_graph.ts";
import type { StepContext } from "./step_context.ts";
import type { TrainError } from "./train_error.ts";
import { disposeAll, type TrainState } from "./train_state.ts";
import { updateScalars } from "./update_scalars.ts";

/** Learning rates of a step as the update program names them. */
function namedRates(
  { plan }: StepContext,
  step: number,
): Readonly<Record<string, number>> {
  const { layers, unfrozen } = ratesAt(plan)(step);
  return Object.fromEntries([
    ...layers.map((rate, layer) => [rateName(layer), rate]),
    [rateName(null), unfrozen],
  ]);
}

/** The state after an update; moments of what moved no more are given back. */
function replaced(
  { step, parameters, optimizer, skipped }: TrainState,
  { trained }: PhasePrograms,
  moved: DeviceTensors,
): TrainState {
  const names = new Set(trained.map(({ name }) => name));
  disposeAll(optimizer.values());
  return {
    step: step + 1,
    parameters: new Map(
      [...parameters].map(([name, old]) => [name, moved.get(name) ?? old]),
    ),
    optimizer: new Map([...moved].filter(([name]) => !names.has(name))),
    skipped,
  };
}

/**
 * Moves the trained parameters. The optimizer state of what is frozen ends here.
 *
 * @param context Engine, configuration and plan.
 * @param programs Programs of the phase of this step.
 * @param state The state before; its changed tensors are replaced, unless the update fails.
 * @param gradients Outputs of the gradient program; they are taken.
 * @param gradientNorm Length of all gradients together.
 * @returns The state after.
 */
export async function moveParameters(
  context: StepContext,
  programs: PhasePrograms,
  state: TrainState,
  gradients: DeviceTensors,
  gradientNorm: number,
): Promise<Result<TrainError, TrainState>> {
  const { parameters, optimizer, step } = state;
  const rates = namedRates(context, step);
  const scalars = updateScalars(context.backend, context.config, {
    rates,
    step,
    gradientNorm,
  });
  const moved = await programs.update.run(
    new Map([...parameters, ...optimizer, ...gradients, ...scalars]),
  );
  disposeAll(scalars.values());
  disposeAll(gradients.values());
  return moved._tag === "Left"
    ? orBackendFailed(moved)
    : right(replaced(state, programs, moved.right));
}
