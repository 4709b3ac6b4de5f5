/**
 * Training under way.
 *
 * @module
 */
import type { DeviceTensors } from "../../backends/backend.ts";
import type { Result } from "../../core/mod.ts";
import type { TrainError } from "../train_error.ts";
import type { Snapshot } from "./snapshot.ts";
import type { TrainState } from "./state.ts";
import type { StepReport } from "./step_report.ts";

/**
 * Training under way. Iterating takes steps until the plan ends; leaving the loop
 * pauses, iterating again goes on. An error ends the iteration, with the state as it
 * was before the failed step.
 */
export interface Training
  extends AsyncIterable<Result<TrainError, StepReport>> {
  /** Steps done. */
  readonly step: number;
  /** Copies the state to main memory; refuses a tensor that is not finite. */
  snapshot(): Promise<Result<TrainError, Snapshot>>;
  /** The parameters on the device, for looking at what was learned; they stay the training's. */
  parameters(): DeviceTensors;
  /** The state on the device; it stays the training's and lasts until the next step. */
  state(): TrainState;
  /** Gives back all tensors and programs. */
  dispose(): void;
}
