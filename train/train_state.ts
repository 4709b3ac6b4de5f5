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
import { download } from "./download.ts";
import type { HostTensors, Snapshot } from "./engine/snapshot.ts";
import type { TrainError } from "./train_error.ts";

/** A moment of training on a device; a step replaces it by the next. */
export interface TrainState {
  /** Steps done. */
  readonly step: number;
  /** Every parameter, frozen or not. */
  readonly parameters: DeviceTensors;
  /** State of the optimizer, of the parameters that the last step moved. */
  readonly optimizer: DeviceTensors;
  /** Steps that were left out because they were not finite. */
  readonly skipped: number;
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
    skipped: snapshot.skipped,
  };
}

/**
 * Copies a moment of training to main memory.
 *
 * @param backend Where it is.
 * @param state The moment.
 * @returns The snapshot, or the first tensor that is not finite.
 */
export async function downloadState(
  backend: Backend,
  state: TrainState,
): Promise<Result<TrainError, Snapshot>> {
  const parameters = await download(backend, state.parameters);
  if (parameters._tag === "Left") return parameters;
  const optimizer = await download(backend, state.optimizer);
  if (optimizer._tag === "Left") return optimizer;
  const all = [...parameters.right, ...optimizer.right];
  const bad = all.find(([, data]) => !data.every(Number.isFinite));
  const { step, skipped } = state;
  return bad === undefined
    ? right({
      step,
      parameters: parameters.right,
      optimizer: optimizer.right,
      statistics: new Map(),
      averages: new Map(),
      skipped,
    })
    : left({ _tag: "NonFiniteParameter", step, name: bad[0] });
}
