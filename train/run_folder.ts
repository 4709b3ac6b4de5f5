/**
 * The folder of a run: what it was, how it went, where it can go on.
 *
 * ```text
 * config.json   plan.json   metrics.jsonl   run.lock   checkpoints/step-000000123/
 * ```
 *
 * @module
 */
import { join } from "node:path";
import type { Result } from "../core/mod.ts";
import { replaceFile } from "./atomic_file.ts";
import type { RunIdentity } from "./checkpoint_layout.ts";
import type { KeptCheckpoints } from "./checkpoint_policy.ts";
import type { SkippedCheckpoint } from "./latest_checkpoint.ts";
import { METRICS_FILE, type MetricsLine } from "./metrics.ts";
import {
  checkedKept,
  describeRun,
  openedFolder,
  refuseOtherRun,
  whileLocked,
} from "./run_folder_parts.ts";
import type { ScheduleChange } from "./schedule_change.ts";
import { initialSnapshot, type Snapshot } from "./snapshot.ts";
import type { StepReport } from "./step_report.ts";
import type { TrainError } from "./train_error.ts";

/**
 * An open folder of a run. It belongs to this process until it is disposed of,
 * or the process ends in whatever way.
 */
export interface RunFolder extends Disposable {
  /** Where it is. */
  readonly path: string;
  /** Where the run starts. */
  readonly start: Snapshot;
  /** Checkpoint of the start in this folder; `null` if there is none yet. */
  readonly checkpointOfStart: string | null;
  /** The newest checkpoint in this folder; `null` if there is none yet. */
  readonly newest: string | null;
  /** Steps that were recorded before the start. */
  readonly history: readonly MetricsLine[];
  /** Newer checkpoints from which the run does not go on, and why. */
  readonly skipped: readonly SkippedCheckpoint[];
  /** How the schedule differs from before the start, or `null`. */
  readonly change: ScheduleChange | null;
  /** Records a step. */
  record(report: StepReport): Promise<Result<TrainError, void>>;
  /**
   * Writes a checkpoint and removes older ones that are not to stay; gives its
   * path. The record before it reaches the disk first.
   */
  checkpoint(snapshot: Snapshot): Promise<Result<TrainError, string>>;
}

/**
 * Opens a folder for a new run and locks it.
 *
 * @param path The folder; made if missing, refused if it already holds a run or
 * if another run is writing to it.
 * @param run The run.
 * @param keep Which checkpoints stay; a number is so many of the newest, at least 1.
 */
export async function createRunFolder(
  path: string,
  run: RunIdentity,
  keep: number | KeptCheckpoints,
): Promise<Result<TrainError, RunFolder>> {
  const kept = checkedKept(keep);
  if (kept._tag === "Left") return kept;
  return await whileLocked(path, async (lock) => {
    const free = await refuseOtherRun(path);
    if (free._tag === "Left") return free;
    const described = await describeRun(path, run);
    if (described._tag === "Left") return described;
    const started = await replaceFile(join(path, METRICS_FILE), "");
    return started._tag === "Left" ? started : openedFolder({
      path,
      lock,
      kept: kept.right,
      run,
      start: initialSnapshot(run.config, run.plan),
      checkpointOfStart: null,
      history: [],
      skipped: [],
      change: null,
    });
  });
}
