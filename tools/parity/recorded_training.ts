/** `tiny_training.json` of a fixture folder: losses and rates step by step. */
import { decode, numberIn, wholeFrom } from "../../core/codec/codec.ts";
import { listOf } from "../../core/codec/structures.ts";
import type { Faults, Result } from "../../core/mod.ts";
import { dictionaryOf, openRecord, optional } from "./open_record.ts";

/** One recorded optimizer step. */
export interface RecordedStep {
  /** Iteration of the run. */
  readonly "global_iteration": number;
  /** Layers that are frozen, the first ones. */
  readonly "min_active_layer_index": number;
  /** Stages that have a loss. */
  readonly "active_stages": readonly number[];
  /** Sum of the stage losses. */
  readonly loss: number;
  /** Loss of each active stage. */
  readonly "stage_losses": readonly number[];
  /** Rate of each layer that trains, and `non_freezeout` of what no layer owns. */
  readonly lr: Readonly<Record<string, number>>;
}

/** Recorded steps from one moment on. */
export interface RecordedSituation {
  /** The steps. */
  readonly steps: readonly RecordedStep[];
  /** Loss after them, with the noise of the first. */
  readonly "loss_after_3_steps_noise0": number;
}

/** Recorded situations by name. */
export type RecordedSituations = Readonly<Record<string, RecordedSituation>>;

/** Recorded situations for each relation of rates; only the first must be there. */
export interface RecordedTraining {
  /** Rates start at `α / t_i`. */
  readonly scaled: RecordedSituations;
  /** Rates start at `α`. */
  readonly unscaled?: RecordedSituations | undefined;
  /** All layers have one rate. */
  readonly uniform?: RecordedSituations | undefined;
}

const number = numberIn("a number", () => true);

const situation = openRecord<RecordedSituation>({
  steps: listOf(openRecord<RecordedStep>({
    global_iteration: wholeFrom(0),
    min_active_layer_index: wholeFrom(0),
    active_stages: listOf(wholeFrom(0)),
    loss: number,
    stage_losses: listOf(number),
    lr: dictionaryOf(number),
  })),
  loss_after_3_steps_noise0: number,
});

const file = openRecord<{ readonly training: RecordedTraining }>({
  training: openRecord<RecordedTraining>({
    scaled: dictionaryOf(situation),
    unscaled: optional(dictionaryOf(situation)),
    uniform: optional(dictionaryOf(situation)),
  }),
});

/**
 * Reads the recorded steps of a fixture folder.
 *
 * @param json Contents of `tiny_training.json`.
 * @returns The steps, or every fault in them.
 */
export function recordedTraining(
  json: unknown,
): Result<Faults, { readonly training: RecordedTraining }> {
  return decode(file)(json);
}
