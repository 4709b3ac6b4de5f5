/**
 * What stays the same from step to step.
 *
 * @module
 */
import type { Backend } from "../backends/backend.ts";
import type { FreezePlan, PretrainConfig, Result } from "../core/mod.ts";
import type { Batch, DataError } from "../data/mod.ts";

/** What stays the same from step to step. */
export interface StepContext {
  /** Where it computes. */
  readonly backend: Backend;
  /** Everything that determines the run. */
  readonly config: PretrainConfig;
  /** Its plan. */
  readonly plan: FreezePlan;
  /**
   * Steps of the whole run that may be left out because a loss or gradient is not
   * finite; the next one ends the run. By default 0.
   */
  readonly skipNonFinite?: number;
}

/** Micro-batches still to come in an epoch. */
export type BatchIterator = AsyncIterator<Result<DataError, Batch>>;
