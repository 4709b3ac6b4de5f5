/**
 * What new and resumed folders of runs have in common.
 *
 * @module
 */
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import {
  encodePlan,
  encodePretrainConfig,
  left,
  type Result,
  right,
} from "../../core/mod.ts";
import { fileResult, replaceFile, syncFile } from "../files/atomic_file.ts";
import {
  checkpointNames,
  removeCheckpoint,
} from "../checkpoint/checkpoint_folder.ts";
import {
  checkpointName,
  CHECKPOINTS_FOLDER,
  checkpointStep,
  type RunIdentity,
} from "../checkpoint/layout.ts";
import {
  checkedPolicy,
  freezeSteps,
  type KeptCheckpoints,
  outdatedSteps,
} from "../checkpoint/checkpoint_policy.ts";
import { type FolderLock, lockFolder } from "./folder_lock.ts";
import { folderNames } from "../files/folder_names.ts";
import { METRICS_FILE } from "./metrics.ts";
import { recordWriter } from "./metrics_record.ts";
import { checkpointIdentity } from "../checkpoint/read_checkpoint.ts";
import type { RunFolder } from "./run_folder.ts";
import { onceEach } from "./once_each.ts";
import { describeTrainError, type TrainError } from "../train_error.ts";
import { writeCheckpoint } from "../checkpoint/write_checkpoint.ts";

/** What an open folder is made of. */
export interface FolderParts extends
  Pick<
    RunFolder,
    | "path"
    | "start"
    | "checkpointOfStart"
    | "history"
    | "totals"
    | "recordNote"
    | "skipped"
    | "change"
  > {
  /** The lock on it. */
  readonly lock: FolderLock;
  /** Which checkpoints stay. */
  readonly kept: KeptCheckpoints;
  /** The run. */
  readonly run: RunIdentity;
}

/** Which checkpoints stay, checked; a number is so many of the newest. */
export function checkedKept(
  keep: number | KeptCheckpoints,
): Result<TrainError, KeptCheckpoints> {
  const kept = typeof keep === "number"
    ? { keepLast: keep, keepAtFreeze: false }
    : keep;
  const checked = checkedPolicy({
    ...kept,
    everySteps: null,
    everyMinutes: null,
  });
  return checked._tag === "Left"
    ? left({ _tag: "BadConfig", faults: checked.left })
    : right(kept);
}

/** Locks a folder and opens it; unlocks it again if that fails. */
export async function whileLocked(
  path: string,
  open: (lock: FolderLock) => Promise<Result<TrainError, RunFolder>>,
): Promise<Result<TrainError, RunFolder>> {
  const lock = await lockFolder(path);
  if (lock._tag === "Left") return lock;
  const opened = await open(lock.right);
  if (opened._tag === "Left") lock.right[Symbol.dispose]();
  return opened;
}

/** Whether a checkpoint is of a step at which layers froze in the run that wrote it. */
async function isAtFreeze(folder: string, step: number): Promise<boolean> {
  const its = await checkpointIdentity(join(folder, checkpointName(step)));
  return its !== null && freezeSteps(its.plan).includes(step);
}

/**
 * Removes the checkpoints that need not stay once `newest` is written; gives why one
 * had to stay, or `null`.
 */
async function removeOld(
  newest: string,
  kept: KeptCheckpoints,
): Promise<string | null> {
  const folder = dirname(newest);
  const steps = (await checkpointNames(folder)).map(checkpointStep);
  const written = checkpointStep(basename(newest));
  let complaint: string | null = null;
  for (const step of outdatedSteps(kept, steps, written)) {
    if (kept.keepAtFreeze && await isAtFreeze(folder, step)) continue;
    const path = join(folder, checkpointName(step));
    const removed = await fileResult(path, () => removeCheckpoint(path));
    if (removed._tag === "Left") complaint ??= describeTrainError(removed.left);
  }
  return complaint;
}

/** Opens a folder whose files are in order. */
export async function openedFolder(
  { lock, kept, run, ...known }: FolderParts,
): Promise<Result<TrainError, RunFolder>> {
  const folder = join(known.path, CHECKPOINTS_FOLDER);
  const record = join(known.path, METRICS_FILE);
  const writer = await recordWriter(record);
  if (writer._tag === "Left") return writer;
  const complaints = onceEach();
  let newest = known.checkpointOfStart;
  return right({
    ...known,
    newest: () => newest,
    record: writer.right,
    complaints: complaints.take,
    checkpoint: async (snapshot) => {
      const flushed = await fileResult(record, () => syncFile(record));
      if (flushed._tag === "Left") return flushed;
      const written = await writeCheckpoint(folder, run, snapshot);
      if (written._tag === "Left") return written;
      newest = written.right;
      const unremoved = await removeOld(written.right, kept);
      if (unremoved !== null) {
        complaints.add(
          "removing",
          `old checkpoints that cannot be removed stay: ${unremoved}`,
        );
      }
      return written;
    },
    [Symbol.dispose]: () => lock[Symbol.dispose](),
  });
}

/** Writes what determines the run. */
export async function describeRun(
  path: string,
  run: RunIdentity,
): Promise<Result<TrainError, void>> {
  const config = JSON.stringify(encodePretrainConfig(run.config), null, 2);
  const written = await replaceFile(join(path, "config.json"), `${config}\n`);
  if (written._tag === "Left") return written;
  const plan = JSON.stringify(encodePlan(run.plan), null, 2);
  return replaceFile(join(path, "plan.json"), `${plan}\n`);
}

/**
 * Whether there is something in a folder to go on from: a recorded step or a
 * checkpoint. A run that died before its first one left nothing of worth.
 *
 * @param path The folder; one that is missing holds nothing.
 */
export async function holdsRun(path: string): Promise<boolean> {
  const record = await stat(join(path, METRICS_FILE)).catch(() => null);
  if (record !== null && record.size > 0) return true;
  const names = await readdir(join(path, CHECKPOINTS_FOLDER))
    .catch((): string[] => []);
  return names.some((name) =>
    name.startsWith("step-") && !name.endsWith(".partial")
  );
}

/** Refuses a folder that holds a run. */
export async function refuseOtherRun(
  path: string,
): Promise<Result<TrainError, void>> {
  for (const folder of [path, join(path, CHECKPOINTS_FOLDER)]) {
    // What may not be looked into might hold a run.
    const names = await folderNames(folder);
    if (names._tag === "Left") return names;
  }
  const reason =
    "it already holds a run; resume that one or choose another folder";
  return await holdsRun(path)
    ? left({ _tag: "FileFailed", path, reason })
    : right(undefined);
}
