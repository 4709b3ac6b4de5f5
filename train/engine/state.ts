/** State of a training, in main memory and on a device. */
import type { Backend, DeviceTensors } from "../../backends/backend.ts";
import {
  averageName,
  left,
  type NamedShape,
  type Result,
  right,
  type Shape,
  sizeOf,
} from "../../core/mod.ts";
import type { TrainError } from "../train_error.ts";
import { optimizerShapes, type Task, type TrainingIdentity } from "./task.ts";
import { disposeAll, download, type HostTensors } from "./tensors.ts";

/** State of a training after some steps: all that it needs to go on. */
export interface TensorState<Tensors> {
  /** Steps done. */
  readonly step: number;
  /** Every parameter, frozen or not. */
  readonly parameters: Tensors;
  /** State of the optimizer, of the parameters that the last step updated. */
  readonly optimizer: Tensors;
  /** Running statistics of normalisations; empty where there are none. */
  readonly statistics: Tensors;
  /** Running means of the parameters, named by `averageName`; empty where none are kept. */
  readonly averages: Tensors;
  /** Steps that were skipped because they were not finite. */
  readonly skipped: number;
}

/** A state with tensors of each kind in another form. */
export const mapState = <A, B>(
  { step, skipped, ...kinds }: TensorState<A>,
  form: (tensors: A) => B,
): TensorState<B> => ({
  step,
  parameters: form(kinds.parameters),
  optimizer: form(kinds.optimizer),
  statistics: form(kinds.statistics),
  averages: form(kinds.averages),
  skipped,
});

/** State of a training in main memory. */
export type Snapshot = TensorState<HostTensors>;

/**
 * The state before the first step: the optimizer starts at zero, running means as the
 * parameters themselves.
 */
export function firstSnapshot(
  identity: Pick<TrainingIdentity, "stateShapes">,
  first: HostTensors,
): Snapshot {
  const shapes = identity.stateShapes(0);
  const means = new Map(
    shapes.parameters.map(({ name }) => [averageName(name), first.get(name)]),
  );
  const valuesOf = (tensors: readonly NamedShape[]): HostTensors =>
    new Map(tensors.map(({ name, shape }) => [
      name,
      first.get(name) ?? means.get(name) ?? new Float32Array(sizeOf(shape)),
    ]));
  return {
    step: 0,
    parameters: valuesOf(shapes.parameters),
    optimizer: valuesOf(shapes.optimizer),
    statistics: valuesOf(shapes.statistics),
    averages: valuesOf(shapes.averages),
    skipped: 0,
  };
}

/**
 * The running means of parameters, in the place of the parameters.
 *
 * @returns Tensors under the parameters' names, `null` if no means are kept.
 */
export function averagedParameters<Tensor>(
  { parameters, averages }: {
    readonly parameters: ReadonlyMap<string, Tensor>;
    readonly averages: ReadonlyMap<string, Tensor>;
  },
): ReadonlyMap<string, Tensor> | null {
  return averages.size === 0 ? null : new Map(
    [...parameters.keys()].flatMap((name) => {
      const mean = averages.get(averageName(name));
      return mean === undefined ? [] : [[name, mean] as const];
    }),
  );
}

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
  const shapes = shapesOf(task, snapshot.step);
  const upload = (tensors: HostTensors): DeviceTensors =>
    new Map(
      [...tensors].map(([name, data]) => [
        name,
        backend.upload({ shape: shapes.get(name) ?? [data.length], data }),
      ]),
    );
  return mapState(snapshot, upload);
}

/** Copies a state to main memory. */
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
