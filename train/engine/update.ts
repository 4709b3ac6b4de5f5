/** The optimizer's part of a step. */
import type { DeviceTensors } from "../../backends/backend.ts";
import {
  CLIP_INPUT,
  clipFactor,
  corrections,
  ratesAt,
  type Result,
  right,
} from "../../core/mod.ts";
import type { TrainError } from "../train_error.ts";
import type { StepContext } from "./accumulate.ts";
import type { PhasePrograms } from "./phase.ts";
import type { TrainState } from "./state.ts";
import { optimizerShapes, type Task, type TrainableParameter } from "./task.ts";
import { disposeAll, orBackendFailed, uploadAll } from "./tensors.ts";

/** Rates, bias corrections and clipping of a step as its update program names them. */
function scalarsOf(
  { plan, optimizer, clipGrad }: Task<unknown>,
  trainable: readonly TrainableParameter[],
  step: number,
  gradientNorm: number,
): Readonly<Record<string, number>> {
  const { layers, unfrozen } = ratesAt(plan)(step);
  const rates = trainable.map(({ rate: { name, layer, scale } }) =>
    [name, scale * (layer === null ? unfrozen : layers[layer] ?? 0)] as const
  );
  return {
    ...Object.fromEntries(rates),
    ...corrections(optimizer, step + 1),
    ...clipGrad === undefined
      ? {}
      : { [CLIP_INPUT]: clipFactor(clipGrad)(gradientNorm) },
  };
}

/** Each tensor, or the one that takes its place. */
const replacedBy = (before: DeviceTensors, after: DeviceTensors) =>
  new Map([...before].map(([name, old]) => [name, after.get(name) ?? old]));

/** Optimizer state of what a phase trains, among tensors. */
const optimizerOf = (
  { optimizer }: Task<unknown>,
  { trainable }: PhasePrograms,
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
    step: state.step + 1,
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
  { backend, task }: StepContext<unknown>,
  programs: PhasePrograms,
  state: TrainState,
  outputs: DeviceTensors,
  gradientNorm: number,
): Promise<Result<TrainError, TrainState>> {
  const { parameters, optimizer, averages, step } = state;
  const numbers = scalarsOf(task, programs.trainable, step, gradientNorm);
  const scalars = uploadAll(
    backend,
    Object.fromEntries(
      Object.entries(numbers).map(([name, value]) =>
        [name, { shape: [], data: Float32Array.of(value) }] as const
      ),
    ),
  );
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
  const [step, skipped] = [state.step + 1, state.skipped + 1];
  return { ...state, step, optimizer, skipped };
}
