/**
 * Where training of an evaluation starts, and where it is saved.
 *
 * @module
 */
import { setImmediate } from "node:timers/promises";
import { type Result, right } from "../../core/mod.ts";
import {
  readTraining,
  replaceFile,
  type SteppedTraining,
  type TensorSnapshot,
  type TrainError,
  type TrainingIdentity,
  trainingParts,
} from "../../train/mod.ts";
import { checkWritable } from "./check_writable.ts";

/**
 * The moment at which training starts.
 *
 * @param identity The training.
 * @param first The moment before its first step.
 * @param path A file to go on from, if there is one.
 */
export async function startOf(
  identity: TrainingIdentity,
  first: TensorSnapshot,
  path: string | undefined,
): Promise<Result<TrainError, TensorSnapshot>> {
  return path === undefined ? right(first) : await readTraining(identity, path);
}

/** What the steps of an evaluation's training say. */
interface Report {
  readonly epoch: number;
  readonly loss: number;
}

/** Training that was stopped before its end. */
export type Interrupted = "interrupted";

/** Where training starts, where it is kept, who hears of it and what stops it. */
export interface TrainingChoice {
  /** A file to go on from, if there is one. */
  readonly resume: string | undefined;
  /** File that it is saved to after every epoch and when it is stopped, if there is one. */
  readonly output: string | undefined;
  /** Told the mean loss of every epoch. */
  readonly say: (line: string) => void;
  /** Stops it after the step at which it is aborted. */
  readonly signal?: AbortSignal | undefined;
}

/** How training is told of and kept. */
export interface TrainingTale extends Omit<TrainingChoice, "resume"> {
  /** The training. */
  readonly identity: TrainingIdentity;
  /** Its epochs. */
  readonly epochs: number;
}

/** Writes a moment of training. */
async function save(
  training: SteppedTraining<unknown>,
  { identity, output }: TrainingTale,
): Promise<Result<TrainError, void>> {
  if (output === undefined) return right(undefined);
  const snapshot = await training.snapshot();
  return snapshot._tag === "Left"
    ? snapshot
    : await replaceFile(output, trainingParts(identity, snapshot.right));
}

/**
 * Trains to the end.
 *
 * @param training The training.
 * @param tale How it is told of and kept, and what stops it.
 * @returns Whether it got there.
 */
export async function trainToEnd(
  training: SteppedTraining<Report>,
  tale: TrainingTale,
): Promise<Result<TrainError, "finished" | Interrupted>> {
  const { identity: { totalSteps }, epochs, say, signal, output } = tale;
  const kept = output === undefined ? null : await checkWritable(output);
  if (kept?._tag === "Left") return kept;
  const losses: number[] = [];
  for await (const report of training) {
    if (report._tag === "Left") return report;
    losses.push(report.right.loss);
    // A computation that never waits would keep Ctrl-C from being seen.
    await setImmediate();
    const isWhole = training.step % (totalSteps / epochs) === 0;
    if (isWhole) {
      const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
      say(
        `epoch ${report.right.epoch + 1} of ${epochs}: loss ${mean.toFixed(4)}`,
      );
      losses.length = 0;
    }
    if (!isWhole && !signal?.aborted) continue;
    const saved = await save(training, tale);
    if (saved._tag === "Left") return saved;
    if (signal?.aborted && training.step < totalSteps) {
      return right("interrupted");
    }
  }
  return right("finished");
}
