/** Steps that an engine was given, and what a way of giving them does. */
import type { Result } from "../../../core/mod.ts";
import type { TrainError } from "../../train_error.ts";
import type { ItemIterator } from "../epoch_items.ts";
import type { TrainState } from "../state.ts";
import type { StepReport } from "../training.ts";

/** What became of a step. */
export interface Settled {
  /** The state on the device, corrected by what is known now. */
  readonly state: TrainState;
  /** The report; or why the step, and all that were sent after it, count as not taken. */
  readonly report: Result<TrainError, StepReport>;
}

/** A step that an engine was given. */
export interface SentStep {
  /** Its number. */
  readonly step: number;
  /**
   * Waits for its numbers. Steps are settled in their order.
   *
   * @param state The state after all steps that were sent.
   * @returns What became of it; or why its numbers cannot be read, then it may be tried again.
   */
  settle(state: TrainState): Promise<Result<TrainError, Settled>>;
  /** Gives back what it holds on the device; for a step that is not settled. */
  dispose(): void;
}

/** A step that was sent and the state after it, if it takes place. */
export interface Sent {
  /** Replaces the state before. */
  readonly state: TrainState;
  /** The step. */
  readonly sent: SentStep;
}

/** A way to give an engine the steps of a training. */
export interface StepWay<Item> {
  /**
   * Sends one step.
   *
   * @param state The state before; still whole if the step cannot be sent.
   * @param items The micro-batches still to come in the epoch.
   */
  send(
    state: TrainState,
    epoch: number,
    items: ItemIterator<Item>,
  ): Promise<Result<TrainError, Sent>>;
  /** Gives back all programs. */
  dispose(): void;
}
