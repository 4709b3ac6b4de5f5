/** The optimizer's part of a step. */
import type { DeviceTensors } from "../../../backends/backend.ts";
import {
  CLIP_INPUT,
  clipFactor,
  corrections,
  type Result,
  right,
  strideRates,
} from "../../../core/mod.ts";
import type { TrainError } from "../../train_error.ts";
import type { StepContext } from "./step_context.ts";
import type { PhasePrograms, PhaseWork } from "./phase.ts";
import type { TrainState } from "../state.ts";
import {
  optimizerShapes,
  strideFrom,
  type Task,
  type TrainableParameter,
} from "../task.ts";
import { disposeAll, orBackendFailed, uploadAll } from "../tensors.ts";

/** Rates and bias corrections of an update as its program names them. */
function scalarsOf(
  task: Task<unknown>,
  trainable: readonly TrainableParameter[],
  step: number,
): Readonly<Record<string, number>> {
  const { plan, optimizer } = task;
  const stride = strideFrom(task, step);
  const { layers, unfrozen } = strideRates(plan)(stride);
  const rates = trainable.map(({ rate: { name, layer, scale } }) =>
    [name, scale * (layer === null ? unfrozen : layers[layer] ?? 0)] as const
  );
  return {
    ...Object.fromEntries(rates),
    ...corrections(optimizer, stride.update + 1),
  };
}

/** The scalar inputs of a step's update on the device, and others beside them. */
export function uploadScalars(
  { backend, task }: StepContext<unknown>,
  { trainable }: PhaseWork,
  step: number,
  others: Readonly<Record<string, number>> = {},
): DeviceTensors {
  const numbers = { ...scalarsOf(task, trainable, step), ...others };
  const tensors = Object.entries(numbers).map(([name, value]) =>
    [name, { shape: [], data: Float32Array.of(value) }] as const
  );
  return uploadAll(backend, Object.fromEntries(tensors));
}

/** Each tensor, or the one that takes its place. */
export const replacedBy = (
  before: DeviceTensors,
  after: DeviceTensors,
): DeviceTensors =>
  new Map([...before].map(([name, old]) => [name, after.get(name) ?? old]));

/** Optimizer state of what a phase trains, among tensors. */
export const optimizerOf = (
  { optimizer }: Task<unknown>,
  { trainable }: PhaseWork,
  tensors: DeviceTensors,
): DeviceTensors =>
  new Map(
    optimizerShapes(optimizer, trainable).flatMap(({ name }) => {
      const tensor = tensors.get(name);
      return tensor === undefined ? [] : [[name, tensor] as const];
    }),
  );

/**
 * The state after an update. Optimizer state of what moves no more is given back, and so
 * are statistics that are replaced.
 */
function replaced(
  task: Task<unknown>,
  programs: PhasePrograms,
  state: TrainState,
  moved: DeviceTensors,
  statistics: DeviceTensors,
): TrainState {
  disposeAll(state.optimizer.values());
  for (const name of statistics.keys()) state.statistics.get(name)?.dispose();
  return {
    step: strideFrom(task, state.step).to,
    skipped: state.skipped,
    parameters: replacedBy(state.parameters, moved),
    optimizer: optimizerOf(task, programs, moved),
    statistics: replacedBy(state.statistics, statistics),
    averages: replacedBy(state.averages, moved),
  };
}

/**
 * Moves the trained parameters. The optimizer state of what is frozen ends here.
 *
 * @param state The state before; its changed tensors are replaced, unless the update fails.
 * @param outputs Outputs of the gradient program; they are taken.
 */
export async function moveParameters(
  context: StepContext<unknown>,
  programs: PhasePrograms,
  state: TrainState,
  outputs: DeviceTensors,
  gradientNorm: number,
): Promise<Result<TrainError, TrainState>> {
  const { task } = context;
  const { parameters, optimizer, averages, step } = state;
  const clip = task.clipGrad === undefined
    ? {}
    : { [CLIP_INPUT]: clipFactor(task.clipGrad)(gradientNorm) };
  const scalars = uploadScalars(context, programs, step, clip);
  const moved = await programs.update.run(
    new Map([
      ...parameters,
      ...optimizer,
      ...averages,
      ...outputs,
      ...scalars,
    ]),
  );
  disposeAll(scalars.values());
  const isKept = (name: string): boolean =>
    moved._tag === "Right" && state.statistics.has(name);
  const kept = [...outputs].filter(([name]) => isKept(name));
  disposeAll([...outputs].flatMap(([name, x]) => isKept(name) ? [] : [x]));
  return moved._tag === "Left"
    ? orBackendFailed(moved)
    : right(replaced(task, programs, state, moved.right, new Map(kept)));
}

/**
 * The state after a step that was skipped: it is counted, and no parameter and no
 * optimizer state of a trainable layer has changed. The optimizer state of what is frozen
 * ends here, as it would have by the update.
 *
 * @param state The state before; what is no longer needed is given back.
 */
export function skipStep(
  task: Task<unknown>,
  programs: PhasePrograms,
  state: TrainState,
): TrainState {
  const optimizer = optimizerOf(task, programs, state.optimizer);
  disposeAll(
    [...state.optimizer].flatMap(([name, x]) => optimizer.has(name) ? [] : [x]),
  );
  const { to: step } = strideFrom(task, state.step);
  const skipped = state.skipped + 1;
  return { ...state, step, optimizer, skipped };
}
