/**
 * The folder of a run: what it was, how it went, where it can go on. It is the same
 * for every kind of training.
 *
 * ```text
 * config.json     the configuration
 * plan.json       freeze times and learning rates of layers
 * task.json       kind of training; a folder without it is of pre-training
 * metrics.jsonl   every step
 * evaluations.jsonl  its scores, where it was evaluated
 * checkpoints/    step-000000123/ …
 * run.lock        who works in it
 * ```
 */
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { left, type Result, right } from "../../core/mod.ts";
import {
  checkpointNames,
  removeCheckpoint,
} from "../checkpoint/checkpoint_folder.ts";
import {
  checkedPolicy,
  freezeSteps,
  type KeptCheckpoints,
  outdatedSteps,
} from "../checkpoint/checkpoint_policy.ts";
import {
  checkpointName,
  CHECKPOINTS_FOLDER,
  checkpointStep,
  FIRST_TASK,
} from "../checkpoint/layout.ts";
import { readDescription } from "../checkpoint/checkpoint_files.ts";
import { checkpointIdentity } from "../checkpoint/read_checkpoint.ts";
import type { ScheduleChange } from "../checkpoint/schedule_change.ts";
import { writeCheckpoint } from "../checkpoint/write_checkpoint.ts";
import type { Snapshot } from "../engine/state.ts";
import type { TrainingIdentity } from "../engine/task.ts";
import { replaceFile, syncFile } from "../files/atomic_file.ts";
import { fileResult, folderNames } from "../files/file_result.ts";
import type { StepReport } from "../engine/training.ts";
import { describeTrainError, type TrainError } from "../train_error.ts";
import { type FolderLock, lockFolder } from "./folder_lock.ts";
import {
  latestCheckpoint,
  type SkippedCheckpoint,
} from "./latest_checkpoint.ts";
import { METRICS_FILE, type MetricsLine } from "./metrics.ts";
import { recordWriter } from "./metrics_record.ts";
import { NO_TOTALS, type RunTotals } from "./run_history.ts";

/** Files that say what a run is. */
export const RUN_FILES = {
  config: "config.json",
  plan: "plan.json",
  task: "task.json",
} as const;

/** State of a run when its folder is opened. */
export interface RunBeginning {
  /** Path. */
  readonly path: string;
  /** Start of the run. */
  readonly start: Snapshot;
  /** Checkpoint of the start in this folder; `null` if there is none yet. */
  readonly checkpointOfStart: string | null;
  /** Steps that were recorded before the start, thinned where there are more than 20,000. */
  readonly history: readonly MetricsLine[];
  /** Totals of all of them. */
  readonly totals: RunTotals;
  /** Fault of the record and its repair, or `null`. */
  readonly recordNote: string | null;
  /** Newer checkpoints from which the run does not go on, and why. */
  readonly skipped: readonly SkippedCheckpoint[];
  /** Difference of the schedules before and after the start, or `null`. */
  readonly change: ScheduleChange | null;
}

/**
 * An open folder of a run. It belongs to this process until it is disposed of,
 * or the process ends in whatever way.
 */
export interface RunFolder extends RunBeginning, Disposable {
  /** The newest checkpoint in this folder; `null` if there is none yet. */
  newest(): string | null;
  /** Records a step; an error if anyone else has touched the record. */
  record(report: StepReport): Promise<Result<TrainError, void>>;
  /**
   * Writes a checkpoint and removes older ones that are not to stay; gives its
   * path. The record before it reaches the disk first. That an older one cannot be
   * removed is no error but one of `complaints`.
   */
  checkpoint(snapshot: Snapshot): Promise<Result<TrainError, string>>;
  /** Failures since the last call that do not end the run. */
  complaints(): readonly string[];
}

/** A folder that is this process's own, and what goes into it. */
export interface FolderPlace {
  /** Path. */
  readonly path: string;
  /** The lock on it. */
  readonly lock: FolderLock;
  /** Checkpoints that are kept. */
  readonly kept: KeptCheckpoints;
  /** The training. */
  readonly run: TrainingIdentity;
}

/** Checkpoints that are kept, checked; a number is so many of the newest. */
function checkedKept(
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
  run: TrainingIdentity,
  keep: number | KeptCheckpoints,
  open: (place: FolderPlace) => Promise<Result<TrainError, RunFolder>>,
): Promise<Result<TrainError, RunFolder>> {
  const kept = checkedKept(keep);
  if (kept._tag === "Left") return kept;
  const lock = await lockFolder(path);
  if (lock._tag === "Left") return lock;
  const opened = await open({ path, run, kept: kept.right, lock: lock.right });
  if (opened._tag === "Left") lock.right[Symbol.dispose]();
  return opened;
}

/** True for a checkpoint of a step at which layers froze in the run that wrote it. */
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
  { path, lock, kept, run }: FolderPlace,
  known: Omit<RunBeginning, "path">,
): Promise<Result<TrainError, RunFolder>> {
  const folder = join(path, CHECKPOINTS_FOLDER);
  const record = join(path, METRICS_FILE);
  const writer = await recordWriter(record);
  if (writer._tag === "Left") return writer;
  let [complaints, hasComplained]: [string[], boolean] = [[], false];
  let newest = known.checkpointOfStart;
  return right({
    ...known,
    path,
    newest: () => newest,
    record: writer.right,
    complaints: () => {
      const fresh = complaints;
      complaints = [];
      return fresh;
    },
    checkpoint: async (snapshot) => {
      const flushed = await fileResult(record, () => syncFile(record));
      if (flushed._tag === "Left") return flushed;
      const written = await writeCheckpoint(folder, run, snapshot);
      if (written._tag === "Left") return written;
      newest = written.right;
      const unremoved = await removeOld(written.right, kept);
      if (unremoved !== null && !hasComplained) {
        hasComplained = true;
        complaints.push(
          `old checkpoints that cannot be removed stay: ${unremoved}`,
        );
      }
      return written;
    },
    [Symbol.dispose]: () => lock[Symbol.dispose](),
  });
}

/** Writes the files that determine a run. */
export async function describeRun(
  path: string,
  { task, config, plan }: TrainingIdentity,
): Promise<Result<TrainError, void>> {
  const files = [
    [RUN_FILES.task, { version: 3, task }],
    [RUN_FILES.config, config],
    [RUN_FILES.plan, plan],
  ] as const;
  for (const [name, content] of files) {
    const text = `${JSON.stringify(content, null, 2)}\n`;
    const written = await replaceFile(join(path, name), text);
    if (written._tag === "Left") return written;
  }
  return right(undefined);
}

/** Kind of training as the newest checkpoint in a folder says. */
async function taskOfCheckpoint(path: string): Promise<string | null> {
  const latest = await latestCheckpoint(path);
  if (latest._tag === "Left") return null;
  const described = await readDescription(latest.right);
  return described._tag === "Left" ? null : described.right.file.task;
}

/**
 * Kind of training of the run in a folder, as its `task.json` says; where that cannot be
 * read, as its newest checkpoint says.
 */
export async function taskOfRun(path: string): Promise<string> {
  try {
    const text = await readFile(join(path, RUN_FILES.task), "utf8");
    const { task } = JSON.parse(text);
    if (typeof task === "string") return task;
  } catch {
    // Missing in folders of the first version, or damaged.
  }
  return await taskOfCheckpoint(path) ?? FIRST_TASK;
}

/**
 * True if a folder holds a state to resume from: a recorded step or a
 * checkpoint. A run that was killed before its first one left nothing to resume from.
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
    // A folder that cannot be read might hold a run.
    const names = await folderNames(folder);
    if (names._tag === "Left") return names;
  }
  const reason =
    "it already holds a run; resume that one or choose another folder";
  return await holdsRun(path)
    ? left({ _tag: "FileFailed", path, reason })
    : right(undefined);
}

/**
 * Opens a folder for a new run and locks it.
 *
 * @param path The folder; made if missing, refused if it already holds a run or
 * if another run is writing to it.
 * @param keep Checkpoints to keep; a number is so many of the newest, at least 1.
 */
export function createRunFolder(
  path: string,
  run: TrainingIdentity,
  start: Snapshot,
  keep: number | KeptCheckpoints,
): Promise<Result<TrainError, RunFolder>> {
  return whileLocked(path, run, keep, async (place) => {
    const free = await refuseOtherRun(path);
    if (free._tag === "Left") return free;
    const described = await describeRun(path, run);
    if (described._tag === "Left") return described;
    const started = await replaceFile(join(path, METRICS_FILE), "");
    return started._tag === "Left" ? started : await openedFolder(place, {
      start,
      checkpointOfStart: null,
      history: [],
      totals: NO_TOTALS,
      recordNote: null,
      skipped: [],
      change: null,
    });
  });
}
