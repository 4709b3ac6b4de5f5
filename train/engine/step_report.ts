/**
 * What is known of a training step after it.
 *
 * @module
 */

/** Where the time of a step went, in milliseconds. */
export interface StepTimes {
  /** Waiting for images. */
  readonly data: number;
  /** Forward and backward pass, until the losses are known. */
  readonly gradient: number;
  /** Optimizer; on a device that works on by itself, only the time to hand the work over. */
  readonly update: number;
  /** Building the programs of a phase, in its first step. */
  readonly compile: number;
  /** All of the step. */
  readonly total: number;
}

/** One optimizer step. */
export interface StepReport {
  /** Its number, from 0. */
  readonly step: number;
  /** Its epoch, from 0. */
  readonly epoch: number;
  /** Its phase of the plan. */
  readonly phase: number;
  /** How many layers are frozen. */
  readonly frozenLayers: number;
  /** Stages with a loss. */
  readonly liveStages: readonly number[];
  /** Learning rate of each layer, 0 for frozen ones. */
  readonly rates: readonly number[];
  /** Learning rate of parameters that no layer owns. */
  readonly unfrozenRate: number;
  /** Weighted sum of the stage losses. */
  readonly loss: number;
  /** Loss of each live stage by its number. */
  readonly stageLosses: Readonly<Record<number, number>>;
  /**
   * Length of all gradients together, before they are clipped; what is frozen has none.
   * Not finite in a step that was left out.
   */
  readonly gradientNorm?: number;
  /** Why the step was left out, if it was: no parameter and no moment moved. */
  readonly skipped?: string;
  /** Images of the step, all micro-batches. */
  readonly images: number;
  /** Where the time went. */
  readonly milliseconds: StepTimes;
}
