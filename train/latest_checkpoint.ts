/**
 * Where a run can go on.
 *
 * @module
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { left, type Result, right } from "../core/mod.ts";
import { fileResult } from "./atomic_file.ts";
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

/** Checkpoint folders among some names, oldest first. */
const checkpointsAmong = (names: readonly string[]): readonly string[] =>
  names.filter(isCheckpointName).sort();

/** Steps in the record of a run; if there is no readable one, no limit is known. */
async function recordedSteps(run: string): Promise<number> {
  const lines = await readMetrics(join(run, METRICS_FILE));
  return lines._tag === "Left" ? Infinity : lines.right.length;
}

/**
 * The newest checkpoint that the record of its run reaches. After a run went
 * back to an early one, those beyond its record are of its former life.
 */
async function latestOfRun(run: string): Promise<Result<TrainError, string>> {
  const folder = join(run, CHECKPOINTS_FOLDER);
  const entries = await fileResult(folder, () => readdir(folder));
  const names = checkpointsAmong(entries._tag === "Left" ? [] : entries.right);
  const steps = await recordedSteps(run);
  const newest = names.findLast((name) => checkpointStep(name) <= steps);
  if (newest !== undefined) return right(join(folder, newest));
  return refuse(
    run,
    names.length === 0
      ? "it holds no checkpoint yet"
      : `its record ${METRICS_FILE} ends before all of its checkpoints`,
  );
}

/**
 * The newest checkpoint in a folder. What a writer left unfinished is passed
 * over; of a run, so is what its record does not reach.
 *
 * @param folder Folder of checkpoints, or one checkpoint, or a run's folder that holds `checkpoints`.
 * @returns Path of the checkpoint with the most steps, or why there is none.
 */
export async function latestCheckpoint(
  folder: string,
): Promise<Result<TrainError, string>> {
  const entries = await fileResult(folder, () => readdir(folder));
  if (entries._tag === "Left") return refuse(folder, "there is no such folder");
  const names = entries.right;
  if (names.includes(CHECKPOINT_FILES.run)) return right(folder);
  const newest = checkpointsAmong(names).at(-1);
  if (newest !== undefined) return right(join(folder, newest));
  return names.includes(CHECKPOINTS_FOLDER) ? latestOfRun(folder) : refuse(
    folder,
    `it holds no checkpoint (a folder named step-… with ${CHECKPOINT_FILES.run} in it)`,
  );
}

/** Folder of the run that a checkpoint was written by: two levels up. */
export function runFolderOf(checkpoint: string): string {
  return join(checkpoint, "..", "..");
}
