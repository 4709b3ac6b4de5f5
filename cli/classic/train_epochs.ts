/**
 * The epochs of a training.
 *
 * @module
 */
import { setImmediate } from "node:timers/promises";
import { type Result, right } from "../../core/mod.ts";
import { counted } from "../../data/mod.ts";
import type { StepReport, TrainError, Training } from "../../train/mod.ts";
import type { ClassicProgress } from "./classic_progress.ts";
import { type RunRecord, withEpoch, withStep } from "./run_record.ts";

/** What drives a training. */
export interface EpochsOptions {
  /** The training. */
  readonly training: Training;
  /** Steps of an epoch. */
  readonly stepsPerEpoch: number;
  /** Epochs of the training. */
  readonly epochs: number;
  /** What it did before. */
  readonly record: RunRecord;
  /** Part of the images to judge by that are named wrongly now. */
  readonly judge: () => Promise<Result<TrainError, number>>;
  /** Keeps the moment and what was done until then. */
  readonly save: (record: RunRecord) => Promise<Result<TrainError, void>>;
  /** Where it is shown. */
  readonly progress: ClassicProgress;
  /** Stops it when it is aborted, within a step if its engine is `interruptible`. */
  readonly signal: AbortSignal;
}

/** A part as a percentage. */
export const percent = (part: number): string => `${(100 * part).toFixed(2)} %`;

/** Judges after an epoch. */
async function afterEpoch(
  { judge, epochs, progress }: EpochsOptions,
  record: RunRecord,
  { frozenLayers }: StepReport,
): Promise<Result<TrainError, RunRecord>> {
  const error = await judge();
  if (error._tag === "Left") return error;
  const after = withEpoch(record, error.right, frozenLayers);
  const { epoch, loss } = after.epochs.at(-1) ?? { epoch: 0, loss: NaN };
  progress.say(
    `epoch ${epoch} of ${epochs}: loss ${loss.toFixed(4)}, validation error ${
      percent(error.right)
    }, ${counted(frozenLayers, "layer")} frozen`,
  );
  return right(after);
}

/**
 * Trains to the end or until it is stopped; judges after every epoch.
 *
 * @param options What drives it.
 * @returns What was done.
 */
export async function trainEpochs(
  options: EpochsOptions,
): Promise<Result<TrainError, RunRecord>> {
  const { training, stepsPerEpoch, progress, save, signal } = options;
  let { record } = options;
  for await (const taken of training) {
    if (taken._tag === "Left") {
      if (taken.left._tag !== "Stopped") return taken;
      const saved = await save(record);
      return saved._tag === "Left" ? saved : right(record);
    }
    progress.step(taken.right);
    record = withStep(record, taken.right);
    const isEpoch = training.step % stepsPerEpoch === 0;
    if (isEpoch) {
      const judged = await afterEpoch(options, record, taken.right);
      if (judged._tag === "Left") return judged;
      record = judged.right;
    }
    if (isEpoch || signal.aborted) {
      const saved = await save(record);
      if (saved._tag === "Left") return saved;
    }
    if (signal.aborted) break;
    // A computation that never waits would keep Ctrl-C and the bar from being seen.
    await setImmediate();
  }
  return right(record);
}
