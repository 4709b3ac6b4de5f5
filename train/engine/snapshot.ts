/**
 * State of a training in main memory.
 *
 * @module
 */

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
  /** Running means of the parameters; empty where none are kept. */
  readonly averages: HostTensors;
  /** Steps that were skipped because they were not finite. */
  readonly skipped: number;
}
