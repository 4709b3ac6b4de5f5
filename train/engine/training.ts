/** Training under way, and reports of its steps. */
import type { DeviceTensors } from "../../backends/backend.ts";
import type { Result } from "../../core/mod.ts";
import type { TrainError } from "../train_error.ts";
import type { Snapshot, TrainState } from "./state.ts";

/** Times of the sums over the ranks in a step, milliseconds. */
export interface CommunicationTimes {
  /** In which a sum was under way, most of them while gradients were computed. */
  readonly milliseconds: number;
  /**
   * For which the step waited after its own gradients were ready: for ranks that came later,
   * and for sums that were still to be done. They are part of `gradient`.
   */
  readonly exposed: number;
}

/** Times of the parts of a step, milliseconds. */
export interface StepTimes {
  /** Waiting for samples. */
  readonly data: number;
  /**
   * Forward and backward pass, until the losses are known; of an engine that runs ahead, with
   * the optimizer, since the numbers of the step before were known.
   */
  readonly gradient: number;
  /**
   * Optimizer; on a device that works on by itself, only the time to hand the work over; 0
   * of an engine that runs ahead.
   */
  readonly update: number;
  /** Building the programs of a phase, in its first step. */
  readonly compile: number;
  /** All of the step. */
  readonly total: number;
  /** Sums over the ranks, where there are ranks. */
  readonly communication?: CommunicationTimes;
}

/** The losses of a step. */
export type StepLosses = Pick<StepReport, "loss" | "stageLosses">;

/** The loss that can be compared over all steps of a training: `StepReport.deepestLoss`. */
export function deepestLoss({ loss, stageLosses }: StepLosses): number {
  const stages = Object.keys(stageLosses).map(Number);
  return stages.length === 0 ? loss : stageLosses[Math.max(...stages)] ?? loss;
}

/** How far a step has come, told while it is taken. */
export type StepProgress =
  /** The programs of its phase are compiled. */
  | { readonly _tag: "Compiling"; readonly step: number }
  /** Its micro-batches are computed. */
  | {
    readonly _tag: "Computing";
    readonly step: number;
    /** Micro-batches that are done, from 0. */
    readonly done: number;
    /** Micro-batches of the step; with several ranks, those of this one. */
    readonly all: number;
  };

/** One optimizer step. */
export interface StepReport {
  /** Its number, from 0. */
  readonly step: number;
  /** Its epoch, from 0. */
  readonly epoch: number;
  /** Its phase of the plan. */
  readonly phase: number;
  /** Number of frozen layers. */
  readonly frozenLayers: number;
  /** Stages with a loss. */
  readonly liveStages: readonly number[];
  /** Learning rate of each layer, 0 for frozen ones. */
  readonly rates: readonly number[];
  /** Learning rate of parameters that no layer owns. */
  readonly unfrozenRate: number;
  /** Loss before the update of the parameters; of several stages the weighted sum. */
  readonly loss: number;
  /** Loss of each live stage by its number; empty where there is one loss. */
  readonly stageLosses: Readonly<Record<number, number>>;
  /** Loss of latent targets, unweighted, where they act; a part of `loss`. */
  readonly latentLoss?: number;
  /**
   * Loss of the deepest stage, which is never pruned; `loss` where there is one loss. It means
   * the same in every step, while `loss` falls whenever a stage is pruned.
   */
  readonly deepestLoss: number;
  /**
   * Length of all gradients together, before they are clipped; what is frozen has none.
   * Not finite in a step that was skipped.
   */
  readonly gradientNorm?: number;
  /** Reason why the step was skipped, if it was: parameters and optimizer state are unchanged. */
  readonly skipped?: string;
  /** Samples of the step, all micro-batches. */
  readonly images: number;
  /** Times of its parts. */
  readonly milliseconds: StepTimes;
}

/**
 * Training under way. Iterating takes steps until the plan ends; leaving the loop
 * pauses, iterating again goes on. An error ends the iteration, with the state as it
 * was before the failed step. One loop at a time takes steps: a second one ends at once
 * with `AlreadyIterated`. Between two steps timers, signals and messages have their turn.
 *
 * With steps sent ahead (`TrainOptions.ahead`) some may be on their way behind the one that
 * was reported last; their reports are never lost, they come when it is iterated on.
 */
export interface Training
  extends AsyncIterable<Result<TrainError, StepReport>>, Disposable {
  /** Steps that were reported, those before its start counted. */
  readonly step: number;
  /**
   * Copies the state to main memory; refuses a tensor that is not finite. Steps on their
   * way are waited for, and the state is that after all of them: its own `step` counts.
   */
  snapshot(): Promise<Result<TrainError, Snapshot>>;
  /** The parameters on the device, for inspection; they stay the training's. As of `state`. */
  parameters(): DeviceTensors;
  /**
   * The state on the device; it stays the training's and lasts until the next step. It is
   * that after all steps that were sent; whether those on their way have an effect, and are
   * skipped, is not yet known. A hook that looks at the training finds none on their way.
   */
  state(): TrainState;
  /**
   * Gives back all tensors and programs, where a step is under way after it. Loops and
   * snapshots that come later end with `Disposed`; to dispose again does nothing.
   */
  dispose(): void;
}
