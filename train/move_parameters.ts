/**
 * The optimizer's part of a step.
 *
 * @module
 */
import type { DeviceTensors, HostTensor } from "../backends/backend.ts";
import {
  CLIP_INPUT,
  clipFactor,
  corrections,
  ratesAt,
  type Result,
  right,
} from "../core/mod.ts";
import { uploadAll } from "./batch_tensors.ts";
import { type PhasePrograms, rateName } from "./phase_programs.ts";
import { orBackendFailed } from "./run_graph.ts";
import type { StepContext } from "./step_context.ts";
import type { TrainError } from "./train_error.ts";
import { disposeAll, type TrainState } from "./train_state.ts";

/** Rates, corrections and clipping of a step as the update program names them. */
function stepScalars(
  { config, plan }: StepContext,
  step: number,
  gradientNorm: number,
): Readonly<Record<string, HostTensor>> {
  const { layers, unfrozen } = ratesAt(plan)(step);
  const rates = layers.map((rate, layer) => [rateName(layer), rate] as const);
  const scalars = [
    ...rates,
    [rateName(null), unfrozen] as const,
    ...Object.entries(corrections(config.optimizer, step + 1)),
    ...config.clipGrad === undefined
      ? []
      : [[CLIP_INPUT, clipFactor(config.clipGrad)(gradientNorm)] as const],
  ];
  return Object.fromEntries(
    scalars.map(([name, value]) => [
      name,
      { shape: [], data: Float32Array.of(value) },
    ]),
  );
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
  const scalars = uploadAll(
    context.backend,
    stepScalars(context, state.step, gradientNorm),
  );
  const { parameters, optimizer } = state;
  const moved = await programs.update.run(
    new Map([...parameters, ...optimizer, ...gradients, ...scalars]),
  );
  disposeAll(scalars.values());
  disposeAll(gradients.values());
  return moved._tag === "Left"
    ? orBackendFailed(moved)
    : right(replaced(state, programs, moved.right));
}
