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
import { NO_TOTALS, type RunTotals } from "./run_history.ts";
import type { ScheduleChange } from "./schedule_change.ts";
import type { Snapshot } from "./engine/snapshot.ts";
import { initialSnapshot } from "./tasks/pretrain.ts";
import type { StepReport } from "./engine/training.ts";
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
  /** Steps that were recorded before the start, thinned where there are more than 20,000. */
  readonly history: readonly MetricsLine[];
  /** Totals of all of them. */
  readonly totals: RunTotals;
  /** What was wrong with the record and what became of it, or `null`. */
  readonly recordNote: string | null;
  /** Newer checkpoints from which the run does not go on, and why. */
  readonly skipped: readonly SkippedCheckpoint[];
  /** How the schedule differs from before the start, or `null`. */
  readonly change: ScheduleChange | null;
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
  /** What went wrong since the last call with what the run can do without. */
  complaints(): readonly string[];
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
    return started._tag === "Left" ? started : await openedFolder({
      path,
      lock,
      kept: kept.right,
      run,
      start: initialSnapshot(run.config, run.plan),
      checkpointOfStart: null,
      history: [],
      totals: NO_TOTALS,
      recordNote: null,
      skipped: [],
      change: null,
    });
  });
}
