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
import { basename, dirname, join } from "node:path";
import {
  encodePlan,
  encodePretrainConfig,
  left,
  type Result,
  right,
} from "../core/mod.ts";
import { fileResult, replaceFile } from "./atomic_file.ts";
import { isCheckpointName, type RunIdentity } from "./checkpoint_layout.ts";
import { latestCheckpoint } from "./latest_checkpoint.ts";
import { appendMetrics, type MetricsLine, rewindMetrics } from "./metrics.ts";
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

const METRICS = "metrics.jsonl";
const CHECKPOINTS = "checkpoints";

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
  const folder = join(path, CHECKPOINTS);
  return {
    path,
    start,
    history,
    record: (report) => appendMetrics(join(path, METRICS), report),
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
  const entries = await readdir(path).catch((): string[] => []);
  if (entries.includes(METRICS) || entries.includes(CHECKPOINTS)) {
    const reason =
      "it already holds a run; resume that one or choose another folder";
    return left({ _tag: "FileFailed", path, reason });
  }
  const described = await describeRun(path, run);
  if (described._tag === "Left") return described;
  const started = await replaceFile(join(path, METRICS), "");
  return started._tag === "Left" ? started : right(
    openFolder(path, run, initialSnapshot(run.config, run.plan), [], keep),
  );
}

/**
 * Opens a folder whose run is to go on, or copies its state into a new one.
 *
 * @param from A run's folder or one of its checkpoints.
 * @param path Folder of the run that goes on; the record in it is cut back to the checkpoint.
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
  const described = await describeRun(path, run);
  if (described._tag === "Left") return described;
  const entries = await readdir(path).catch((): string[] => []);
  if (!entries.includes(METRICS)) {
    const created = await replaceFile(join(path, METRICS), "");
    if (created._tag === "Left") return created;
  }
  const history = await rewindMetrics(join(path, METRICS), start.right.step);
  return history._tag === "Left"
    ? history
    : right(openFolder(path, run, start.right, history.right, keep));
}
