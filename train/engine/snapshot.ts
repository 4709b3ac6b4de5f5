/**
 * State of a training in main memory.
 *
 * @module
 */
import { averageName, type NamedShape, sizeOf } from "../../core/mod.ts";
import type { TrainingIdentity } from "./task.ts";

/** Tensors by name, row-major; shapes follow from the training. */
export type HostTensors = ReadonlyMap<string, Float32Array>;

/** State of a training after some steps: all that it needs to go on. */
export interface Snapshot {
  /** Steps done. */
  readonly step: number;
  /** Every parameter, frozen or not. */
  readonly parameters: HostTensors;
  /** State of the optimizer, of the parameters that the last step moved. */
  readonly optimizer: HostTensors;
  /** Running statistics of normalisations; empty where there are none. */
  readonly statistics: HostTensors;
  /** Running means of the parameters, named by `averageName`; empty where none are kept. */
  readonly averages: HostTensors;
  /** Steps that were skipped because they were not finite. */
  readonly skipped: number;
}

/**
 * The state before the first step: the optimizer starts at zero, running means as the
 * parameters themselves.
 *
 * @param identity The training.
 * @param first First values of parameters and statistics by name.
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
 * @param state Parameters and their means.
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
