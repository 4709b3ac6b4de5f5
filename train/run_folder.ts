/**
 * The folder of a run: what it was, how it went, where it can go on.
 *
 * ```text
 * config.json   plan.json   metrics.jsonl   checkpoints/step-000000123/
 * ```
 *
 * @module
 */
import { mkdir, readdir, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import {
  encodePlan,
  encodePretrainConfig,
  left,
  type Result,
  right,
} from "../core/mod.ts";
import { fileResult, replaceFile } from "./atomic_file.ts";
import {
  CHECKPOINTS_FOLDER,
  isCheckpointName,
  type RunIdentity,
} from "./checkpoint_layout.ts";
import { folderNames } from "./folder_names.ts";
import { latestCheckpoint, runFolderOf } from "./latest_checkpoint.ts";
import {
  appendMetrics,
  METRICS_FILE,
  type MetricsLine,
  readMetrics,
  writeMetrics,
} from "./metrics.ts";
import { readCheckpoint } from "./read_checkpoint.ts";
import { initialSnapshot, type Snapshot } from "./snapshot.ts";
import type { StepReport } from "./step_report.ts";
import type { TrainError } from "./train_error.ts";
import { writeCheckpoint } from "./write_checkpoint.ts";

/** An open folder of a run. */
export interface RunFolder {
  /** Where it is. */
  readonly path: string;
  /** Where the run starts. */
  readonly start: Snapshot;
  /** Steps that were recorded before the start. */
  readonly history: readonly MetricsLine[];
  /** Records a step. */
  record(report: StepReport): Promise<Result<TrainError, void>>;
  /** Writes a checkpoint and removes the oldest but `keep`; gives its path. */
  checkpoint(snapshot: Snapshot): Promise<Result<TrainError, string>>;
}

/**
 * Removes all but the newest checkpoints up to `newest`. Later ones, of a run
 * that was resumed before them, stay until it writes them again.
 */
async function removeOld(newest: string, keep: number): Promise<void> {
  const folder = dirname(newest);
  const steps = (await readdir(folder))
    .filter((name) => isCheckpointName(name) && name <= basename(newest))
    .sort();
  for (const name of steps.slice(0, Math.max(0, steps.length - keep))) {
    await rm(join(folder, name), { recursive: true, force: true });
  }
}

function openFolder(
  path: string,
  run: RunIdentity,
  start: Snapshot,
  history: readonly MetricsLine[],
  keep: number,
): RunFolder {
  const folder = join(path, CHECKPOINTS_FOLDER);
  return {
    path,
    start,
    history,
    record: (report) => appendMetrics(join(path, METRICS_FILE), report),
    checkpoint: async (snapshot) => {
      const written = await writeCheckpoint(folder, run, snapshot);
      if (written._tag === "Left") return written;
      const removed = await fileResult(
        folder,
        () => removeOld(written.right, keep),
      );
      return removed._tag === "Left" ? removed : written;
    },
  };
}

/** Writes what determines the run. */
async function describeRun(
  path: string,
  run: RunIdentity,
): Promise<Result<TrainError, void>> {
  const made = await fileResult(path, () => mkdir(path, { recursive: true }));
  if (made._tag === "Left") return made;
  const config = JSON.stringify(encodePretrainConfig(run.config), null, 2);
  const written = await replaceFile(join(path, "config.json"), `${config}\n`);
  if (written._tag === "Left") return written;
  const plan = JSON.stringify(encodePlan(run.plan), null, 2);
  return replaceFile(join(path, "plan.json"), `${plan}\n`);
}

async function refuseOtherRun(path: string): Promise<Result<TrainError, void>> {
  const entries = await folderNames(path);
  if (entries._tag === "Left") return entries;
  const names = entries.right;
  const reason =
    "it already holds a run; resume that one or choose another folder";
  return names.includes(METRICS_FILE) || names.includes(CHECKPOINTS_FOLDER)
    ? left({ _tag: "FileFailed", path, reason })
    : right(undefined);
}

/**
 * Opens a folder for a new run.
 *
 * @param path The folder; made if missing, refused if it already holds a run.
 * @param run The run.
 * @param keep How many checkpoints to keep, at least 1.
 */
export async function createRunFolder(
  path: string,
  run: RunIdentity,
  keep: number,
): Promise<Result<TrainError, RunFolder>> {
  const free = await refuseOtherRun(path);
  if (free._tag === "Left") return free;
  const described = await describeRun(path, run);
  if (described._tag === "Left") return described;
  const started = await replaceFile(join(path, METRICS_FILE), "");
  return started._tag === "Left" ? started : right(
    openFolder(path, run, initialSnapshot(run.config, run.plan), [], keep),
  );
}

/** Steps that a run recorded before a checkpoint; none if it has no record. */
async function recordBefore(
  checkpoint: string,
  step: number,
): Promise<Result<TrainError, readonly MetricsLine[]>> {
  const folder = runFolderOf(checkpoint);
  const entries = await folderNames(folder);
  if (entries._tag === "Left") return entries;
  if (!entries.right.includes(METRICS_FILE)) return right([]);
  const lines = await readMetrics(join(folder, METRICS_FILE));
  if (lines._tag === "Left") return lines;
  const before = lines.right.filter((line) => line.step < step);
  return before.length === step ? right(before) : left({
    _tag: "CheckpointRefused",
    path: checkpoint,
    reason:
      `the record of its run has ${before.length} of the ${step} steps before it; take an earlier checkpoint`,
  });
}

/**
 * Opens a folder whose run is to go on, or copies its state into a new one.
 *
 * @param from A run's folder or one of its checkpoints.
 * @param path Folder of the run that goes on: its own, whose record is cut back
 * to the checkpoint, or one without a run, which gets a copy of the record.
 * @param run The run; the checkpoint must be of the same configuration and plan.
 * @param keep How many checkpoints to keep, at least 1.
 */
export async function resumeRunFolder(
  from: string,
  path: string,
  run: RunIdentity,
  keep: number,
): Promise<Result<TrainError, RunFolder>> {
  const found = await latestCheckpoint(from);
  if (found._tag === "Left") return found;
  const start = await readCheckpoint(found.right, run);
  if (start._tag === "Left") return start;
  const history = await recordBefore(found.right, start.right.step);
  if (history._tag === "Left") return history;
  const isOwn = resolve(path) === resolve(runFolderOf(found.right));
  const free = isOwn ? right(undefined) : await refuseOtherRun(path);
  if (free._tag === "Left") return free;
  const described = await describeRun(path, run);
  if (described._tag === "Left") return described;
  const record = await writeMetrics(join(path, METRICS_FILE), history.right);
  return record._tag === "Left"
    ? record
    : right(openFolder(path, run, start.right, history.right, keep));
}
