/** State of a training on a device. */
import type { Backend, DeviceTensors } from "../../backends/backend.ts";
import { left, type Result, right, type Shape } from "../../core/mod.ts";
import type { TrainError } from "../train_error.ts";
import type { Snapshot, TensorState } from "./snapshot.ts";
import { optimizerShapes, type Task } from "./task.ts";
import { disposeAll, download, type HostTensors } from "./tensors.ts";

/** Kinds of tensors of a state. */
export const STATE_KINDS = [
  "parameters",
  "optimizer",
  "statistics",
  "averages",
] as const;

/** State of a training on a device; a step replaces it by the next. */
export type TrainState = TensorState<DeviceTensors>;

/** Gives back a whole state. */
export function disposeState(state: TrainState): void {
  for (const kind of STATE_KINDS) disposeAll(state[kind].values());
}

/** Shapes of all tensors that a state may hold. */
function shapesOf(task: Task<unknown>, step: number): Map<string, Shape> {
  const { parameters, statistics, averages } = task.stateShapes(step);
  const optimizer = optimizerShapes(task.optimizer, parameters);
  return new Map(
    [parameters, optimizer, statistics, averages].flat()
      .map(({ name, shape }) => [name, shape]),
  );
}

/** Copies a state to a device. */
export function uploadState(
  backend: Backend,
  task: Task<unknown>,
  snapshot: Snapshot,
): TrainState {
  const { step, skipped } = snapshot;
  const shapes = shapesOf(task, step);
  const upload = (tensors: HostTensors): DeviceTensors =>
    new Map(
      [...tensors].map(([name, data]) => [
        name,
        backend.upload({ shape: shapes.get(name) ?? [data.length], data }),
      ]),
    );
  return {
    step,
    skipped,
    parameters: upload(snapshot.parameters),
    optimizer: upload(snapshot.optimizer),
    statistics: upload(snapshot.statistics),
    averages: upload(snapshot.averages),
  };
}

/**
 * Copies a state to main memory.
 *
 * @returns The snapshot, or the first tensor that is not finite.
 */
export async function downloadState(
  backend: Backend,
  state: TrainState,
): Promise<Result<TrainError, Snapshot>> {
  const { step, skipped } = state;
  const none: HostTensors = new Map();
  const found = {
    parameters: none,
    optimizer: none,
    statistics: none,
    averages: none,
  };
  for (const kind of STATE_KINDS) {
    const tensors = await download(backend, state[kind]);
    if (tensors._tag === "Left") return tensors;
    const bad = [...tensors.right].find(([, data]) =>
      !data.every(Number.isFinite)
    );
    if (bad !== undefined) {
      return left({ _tag: "NonFiniteParameter", step, name: bad[0] });
    }
    found[kind] = tensors.right;
  }
  return right({ step, skipped, ...found });
}
