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
}

/** Micro-batches still to come in an epoch. */
export type BatchIterator = AsyncIterator<Result<DataError, Batch>>;
