/**
 * The state of training on a device.
 *
 * @module
 */
import type {
  Backend,
  DeviceTensor,
  DeviceTensors,
} from "../backends/backend.ts";
import {
  left,
  parameterSpecs,
  type PretrainConfig,
  type Result,
  right,
  type Shape,
  stateKinds,
  stateName,
} from "../core/mod.ts";
import type { HostTensors, Snapshot } from "./snapshot.ts";
import type { TrainError } from "./train_error.ts";

/** A moment of training on a device; a step replaces it by the next. */
export interface TrainState {
  /** Steps done. */
  readonly step: number;
  /** Every parameter, frozen or not. */
  readonly parameters: DeviceTensors;
  /** State of the optimizer, of the parameters that move. */
  readonly optimizer: DeviceTensors;
}

/** Gives tensors back to their device. */
export function disposeAll(tensors: Iterable<DeviceTensor>): void {
  for (const tensor of tensors) tensor.dispose();
}

/** Gives back a whole state. */
export function disposeState(state: TrainState): void {
  disposeAll(state.parameters.values());
  disposeAll(state.optimizer.values());
}

/** Shapes of parameters and of their optimizer state by name. */
function stateShapes(
  { model, optimizer }: PretrainConfig,
): ReadonlyMap<string, Shape> {
  return new Map(
    parameterSpecs(model).flatMap(({ name, shape }) => [
      [name, shape] as const,
      ...stateKinds(optimizer).map((kind) =>
        [stateName(kind, name), shape] as const
      ),
    ]),
  );
}

/**
 * Copies a moment of training to a device.
 *
 * @param backend Where it goes.
 * @param config The run that the snapshot is of.
 * @param snapshot The moment.
 */
export function uploadState(
  backend: Backend,
  config: PretrainConfig,
  snapshot: Snapshot,
): TrainState {
  const shapes = stateShapes(config);
  const upload = (tensors: HostTensors): DeviceTensors =>
    new Map(
      [...tensors].map(([name, data]) => [
        name,
        backend.upload({ shape: shapes.get(name) ?? [data.length], data }),
      ]),
    );
  return {
    step: snapshot.step,
    parameters: upload(snapshot.parameters),
    optimizer: upload(snapshot.optimizer),
  };
}

/** Copies tensors to main memory. */
export async function download(tensors: DeviceTensors): Promise<HostTensors> {
  const copies = new Map<string, Float32Array>();
  for (const [name, tensor] of tensors) {
    const data = await tensor.read();
    copies.set(
      name,
      data instanceof Float32Array ? data : Float32Array.from(data),
    );
  }
  return copies;
}

/**
 * Copies a moment of training to main memory.
 *
 * @param state The moment.
 * @returns The snapshot, or the first tensor that is not finite.
 */
export async function downloadState(
  state: TrainState,
): Promise<Result<TrainError, Snapshot>> {
  const parameters = await download(state.parameters);
  const optimizer = await download(state.optimizer);
  const bad = [...parameters, ...optimizer].find(([, data]) =>
    !data.every(Number.isFinite)
  );
  return bad === undefined
    ? right({ step: state.step, parameters, optimizer })
    : left({ _tag: "NonFiniteParameter", step: state.step, name: bad[0] });
}

/**
 * Forgets the optimizer state of parameters that no longer move.
 *
 * @param state The moment at the border of two phases.
 * @param kept Names of the state tensors of what still moves.
 */
export function dropOptimizerState(
  state: TrainState,
  kept: ReadonlySet<string>,
): TrainState {
  const [ended, going] = [false, true].map((keep) =>
    [...state.optimizer].filter(([name]) => kept.has(name) === keep)
  );
  disposeAll((ended ?? []).map(([, tensor]) => tensor));
  return { ...state, optimizer: new Map(going) };
}
