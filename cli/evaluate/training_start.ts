/**
 * Where training of an evaluation starts, and where it is saved.
 *
 * @module
 */
import { mkdir } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import { type Result, right } from "../../core/mod.ts";
import {
  fileIdentity,
  fileResult,
  flatSnapshot,
  lockFolder,
  readTraining,
  replaceFile,
  type Snapshot,
  snapshotByKind,
  type TrainError,
  type Training,
  type TrainingIdentity,
  trainingParts,
} from "../../train/mod.ts";
import { type Bar, NO_BAR, type ShownWork } from "../output/progress_bar.ts";
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
  first: Snapshot,
  path: string | undefined,
): Promise<Result<TrainError, Snapshot>> {
  if (path === undefined) return right(first);
  const read = await readTraining(fileIdentity(identity), path);
  return read._tag === "Left"
    ? read
    : right(snapshotByKind(identity, read.right));
}

/** What the steps of an evaluation's training say. */
interface Report {
  readonly epoch: number;
  readonly loss: number;
}

/** Training that was stopped before its end. */
export type Interrupted = "interrupted";

/** Where training starts, where it is kept, who sees it and what stops it. */
export interface TrainingChoice extends ShownWork {
  /** A file to go on from, if there is one. */
  readonly resume: string | undefined;
  /** File that it is saved to after every epoch and when it is stopped, if there is one. */
  readonly output: string | undefined;
  /** The file's folder where it is this training's own: it is made, and locked. */
  readonly folder?: string | undefined;
  /** Told the mean loss of every epoch. */
  readonly say: (line: string) => void;
}

/** How training is told of and kept. */
export interface TrainingTale extends Omit<TrainingChoice, "resume"> {
  /** The training. */
  readonly identity: TrainingIdentity;
  /** Its epochs. */
  readonly epochs: number;
  /** Called with the mean loss of an epoch; gives what is said beside it. */
  readonly atEpoch?: (loss: number) => Promise<Result<TrainError, string>>;
}

/** Writes a moment of training. */
async function save(
  training: Training,
  { identity, output }: TrainingTale,
): Promise<Result<TrainError, void>> {
  if (output === undefined) return right(undefined);
  const snapshot = await training.snapshot();
  return snapshot._tag === "Left" ? snapshot : await replaceFile(
    output,
    trainingParts(fileIdentity(identity), flatSnapshot(snapshot.right)),
  );
}

/** Sees that training can be kept, before a step is taken. */
async function opened(
  { output, folder }: TrainingTale,
): Promise<Result<TrainError, Disposable | null>> {
  if (folder !== undefined) {
    const made = await fileResult(
      folder,
      () => mkdir(folder, { recursive: true }),
    );
    if (made._tag === "Left") return made;
  }
  const kept = output === undefined
    ? right(undefined)
    : await checkWritable(output);
  if (kept._tag === "Left") return kept;
  return folder === undefined ? right(null) : await lockFolder(folder);
}

/** The line of an epoch that has ended. */
async function epochLine(
  { epochs, atEpoch }: TrainingTale,
  { epoch }: Report,
  losses: readonly number[],
): Promise<Result<TrainError, string>> {
  const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
  const more = await atEpoch?.(mean) ?? right("");
  return more._tag === "Left" ? more : right(
    `epoch ${epoch + 1} of ${epochs}: loss ${mean.toFixed(4)}${more.right}`,
  );
}

/**
 * Trains to the end.
 *
 * @param training The training.
 * @param tale How it is told of and kept, and what stops it.
 * @returns Whether it got there.
 */
export async function trainToEnd(
  training: Training,
  tale: TrainingTale,
): Promise<Result<TrainError, "finished" | Interrupted>> {
  const kept = await opened(tale);
  if (kept._tag === "Left") return kept;
  using _lock = kept.right ?? { [Symbol.dispose]: () => {} };
  const { totalSteps } = tale.identity.plan;
  const bar = (tale.startBar ?? NO_BAR)("steps", totalSteps);
  try {
    return await trainedUnder(bar, training, tale);
  } finally {
    bar.end();
  }
}

async function trainedUnder(
  bar: Bar,
  training: Training,
  tale: TrainingTale,
): Promise<Result<TrainError, "finished" | Interrupted>> {
  const { identity: { plan: { totalSteps } }, epochs, say, signal } = tale;
  const losses: number[] = [];
  for await (const report of training) {
    if (report._tag === "Left") {
      if (report.left._tag !== "Stopped") return report;
      const saved = await save(training, tale);
      return saved._tag === "Left" ? saved : right("interrupted");
    }
    losses.push(report.right.loss);
    bar.update(training.step);
    // A computation that never waits would keep Ctrl-C from being seen.
    await setImmediate();
    const isWhole = training.step % (totalSteps / epochs) === 0;
    if (!isWhole && !signal?.aborted) continue;
    const saved = await save(training, tale);
    if (saved._tag === "Left") return saved;
    if (isWhole && !signal?.aborted) {
      const line = await epochLine(tale, report.right, losses);
      if (line._tag === "Right") bar.above(() => say(line.right));
      else if (line.left._tag !== "Stopped") return line;
      losses.length = 0;
    }
    if (signal?.aborted && training.step < totalSteps) {
      return right("interrupted");
    }
  }
  return right("finished");
}
