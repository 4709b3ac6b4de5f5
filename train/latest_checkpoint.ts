/**
 * Where a run can go on.
 *
 * @module
 */
import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { left, type Result, right } from "../core/mod.ts";
import { fileResult } from "./atomic_file.ts";
import { CHECKPOINT_FILES, isCheckpointName } from "./checkpoint_layout.ts";
import type { TrainError } from "./train_error.ts";

const refuse = (path: string, reason: string): Result<TrainError, never> =>
  left({ _tag: "CheckpointRefused", path, reason });

/**
 * The newest checkpoint in a folder. What a writer left unfinished is passed over.
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
  const newest = names.filter(isCheckpointName).sort().at(-1);
  if (newest !== undefined) return right(join(folder, newest));
  return names.includes("checkpoints")
    ? latestCheckpoint(join(folder, "checkpoints"))
    : refuse(
      folder,
      `it holds no checkpoint (a folder named step-… with ${CHECKPOINT_FILES.run} in it)`,
    );
}

/** Folder of the run that a checkpoint was written by: two levels up. */
export function runFolderOf(checkpoint: string): string {
  return dirname(dirname(checkpoint));
}
