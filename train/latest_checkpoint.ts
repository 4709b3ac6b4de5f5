/**
 * Where a run can go on.
 *
 * @module
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { left, type Result, right } from "../core/mod.ts";
import { fileResult } from "./atomic_file.ts";
import { checkpointNames } from "./checkpoint_folder.ts";
import {
  CHECKPOINT_FILES,
  CHECKPOINTS_FOLDER,
  checkpointStep,
  isCheckpointName,
} from "./checkpoint_layout.ts";
import { METRICS_FILE, readMetrics } from "./metrics.ts";
import type { TrainError } from "./train_error.ts";

const refuse = (path: string, reason: string): Result<TrainError, never> =>
  left({ _tag: "CheckpointRefused", path, reason });

/** Steps in the record of a run; if there is no readable one, no limit is known. */
async function recordedSteps(run: string): Promise<number> {
  const lines = await readMetrics(join(run, METRICS_FILE));
  return lines._tag === "Left" ? Infinity : lines.right.length;
}

/** A checkpoint that a run does not go on from. */
export interface SkippedCheckpoint {
  /** The checkpoint, or the file of it that is to blame. */
  readonly path: string;
  /** Why. */
  readonly reason: string;
}

/** Checkpoints that were passed over in words, one each. */
export function describeSkipped(
  skipped: readonly SkippedCheckpoint[],
): readonly string[] {
  return skipped.map(({ path, reason }) => `${path}: ${reason}`);
}

/** Where a run might go on. */
export interface Candidates {
  /** Checkpoints, newest first; at least one. */
  readonly paths: readonly [string, ...string[]];
  /** Newer ones that are not of the run's present life, newest first. */
  readonly skipped: readonly SkippedCheckpoint[];
  /** Whether there is one because it was asked for. */
  readonly isChosen: boolean;
}

/**
 * The checkpoints that the record of their run reaches. After a run went back to
 * an early one, those beyond its record are of its former life.
 */
async function candidatesOfRun(
  run: string,
): Promise<Result<TrainError, Candidates>> {
  const folder = join(run, CHECKPOINTS_FOLDER);
  const newestFirst = (await checkpointNames(folder)).toReversed();
  const steps = await recordedSteps(run);
  const isReached = (name: string): boolean => checkpointStep(name) <= steps;
  const [first, ...others] = newestFirst.filter(isReached)
    .map((name) => join(folder, name));
  if (first === undefined) {
    return refuse(
      run,
      newestFirst.length === 0
        ? "it holds no checkpoint to go on from; for a run from the start choose another folder"
        : `its record ${METRICS_FILE} ends before all of its checkpoints`,
    );
  }
  const skipped = newestFirst.filter((name) => !isReached(name)).map((name) => {
    const reason =
      `the record ${METRICS_FILE} ends before it, after ${steps} steps`;
    return { path: join(folder, name), reason };
  });
  return right({ paths: [first, ...others], skipped, isChosen: false });
}

/**
 * The checkpoints in a folder.
 *
 * @param folder Folder of checkpoints, or one checkpoint, or a run's folder that holds `checkpoints`.
 * @returns Those that may be gone on from, or why there are none.
 */
export async function candidatesIn(
  folder: string,
): Promise<Result<TrainError, Candidates>> {
  const entries = await fileResult(folder, () => readdir(folder));
  if (entries._tag === "Left") return refuse(folder, "there is no such folder");
  const names = entries.right;
  if (names.includes(CHECKPOINT_FILES.run)) {
    return right({ paths: [folder], skipped: [], isChosen: true });
  }
  const [first, ...others] = names.filter(isCheckpointName).sort().reverse()
    .map((name) => join(folder, name));
  if (first !== undefined) {
    return right({ paths: [first, ...others], skipped: [], isChosen: false });
  }
  return names.includes(CHECKPOINTS_FOLDER) ? candidatesOfRun(folder) : refuse(
    folder,
    `it holds no checkpoint (a folder named step-… with ${CHECKPOINT_FILES.run} in it)`,
  );
}

/**
 * The newest checkpoint in a folder, by its name. What a writer left unfinished
 * is passed over; of a run, so is what its record does not reach.
 *
 * @param folder Folder of checkpoints, or one checkpoint, or a run's folder that holds `checkpoints`.
 * @returns Path of the checkpoint with the most steps, or why there is none.
 */
export async function latestCheckpoint(
  folder: string,
): Promise<Result<TrainError, string>> {
  const candidates = await candidatesIn(folder);
  return candidates._tag === "Left" ? candidates : right(
    candidates.right.paths[0],
  );
}

/** Folder of the run that a checkpoint was written by: two levels up. */
export function runFolderOf(checkpoint: string): string {
  return join(checkpoint, "..", "..");
}

/**
 * Folder of the run that one would go on with.
 *
 * @param from A run's folder, its folder of checkpoints, or one of these.
 */
export async function runFolderAt(from: string): Promise<string> {
  const names = await readdir(from).catch((): string[] => []);
  if (names.includes(CHECKPOINT_FILES.run)) return runFolderOf(from);
  return names.some((name) => name.startsWith("step-"))
    ? join(from, "..")
    : from;
}
