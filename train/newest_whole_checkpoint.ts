/**
 * The newest checkpoint that a run can go on from.
 *
 * @module
 */
import { join } from "node:path";
import { left, type Result, right } from "../core/mod.ts";
import type { RunIdentity } from "./checkpoint_layout.ts";
import { folderNames } from "./folder_names.ts";
import {
  candidatesIn,
  describeSkipped,
  runFolderOf,
  type SkippedCheckpoint,
} from "./latest_checkpoint.ts";
import { METRICS_FILE, type MetricsLine, readMetrics } from "./metrics.ts";
import { openCheckpoint, unusable } from "./read_checkpoint.ts";
import type { ScheduleChange } from "./schedule_change.ts";
import type { Snapshot } from "./snapshot.ts";
import type { TrainError } from "./train_error.ts";

/** Where a run goes on. */
export interface WholeCheckpoint {
  /** Path of the checkpoint. */
  readonly path: string;
  /** The moment, as the run that goes on needs it. */
  readonly start: Snapshot;
  /** What was recorded of the run before it. */
  readonly history: readonly MetricsLine[];
  /** How the schedule differs from then on, or `null`. */
  readonly change: ScheduleChange | null;
  /** Newer ones that were passed over, newest first. */
  readonly skipped: readonly SkippedCheckpoint[];
}

/** The record of a checkpoint's run; `null` if it has none. */
async function recordOf(
  checkpoint: string,
): Promise<Result<TrainError, readonly MetricsLine[] | null>> {
  const folder = runFolderOf(checkpoint);
  const names = await folderNames(folder);
  if (names._tag === "Left") return names;
  return names.right.includes(METRICS_FILE)
    ? await readMetrics(join(folder, METRICS_FILE))
    : right(null);
}

/** The part of a record before a step, if it is whole. */
function recordBefore(
  record: readonly MetricsLine[] | null,
  step: number,
): Result<string, readonly MetricsLine[]> {
  const before = (record ?? []).filter((line) => line.step < step);
  return record === null || before.length === step ? right(before) : left(
    `the record of its run has ${before.length} of the ${step} steps before it; take an earlier checkpoint`,
  );
}

/** Why none can be used. */
function noneWhole(
  path: string,
  skipped: readonly SkippedCheckpoint[],
): Result<TrainError, never> {
  const list = describeSkipped(skipped).map((line) => `\n  ${line}`).join("");
  const reason = `none of its checkpoints can be gone on from:${list}`;
  return left({ _tag: "CheckpointRefused", path, reason });
}

/**
 * Finds the newest whole checkpoint of a run. One that is not as it was written,
 * or that the record of its run does not reach, is passed over and named; one
 * that is whole but of another run is an error, and so is the fault of a
 * checkpoint that was asked for by its own path.
 *
 * @param from A run's folder, its folder of checkpoints, or one of these.
 * @param run The run that is to go on.
 * @param allowsChange Whether it may have another schedule.
 * @returns The checkpoint, and which newer ones were passed over and why.
 *
 * @example A checkpoint that was cut off is passed over
 * ```ts
 * import { DEFAULT_PRETRAIN_CONFIG, MODEL_PRESETS, planOf } from "@vitfreeze/vitfreeze/core";
 * import { initialSnapshot, newestWholeCheckpoint, orThrow, writeCheckpoint } from "@vitfreeze/vitfreeze/train";
 * import { strictEqual } from "node:assert/strict";
 *
 * const config = { ...DEFAULT_PRETRAIN_CONFIG, model: MODEL_PRESETS.nano };
 * const run = { config, plan: orThrow(planOf(config, 10_000)) };
 * const start = initialSnapshot(config, run.plan);
 * const folder = await Deno.makeTempDir();
 * const older = orThrow(await writeCheckpoint(folder, run, { ...start, step: 1 }));
 * const newer = orThrow(await writeCheckpoint(folder, run, { ...start, step: 2 }));
 * await Deno.truncate(`${newer}/model.safetensors`, 1000);
 *
 * const found = orThrow(await newestWholeCheckpoint(folder, run, false));
 * strictEqual(found.path, older);
 * strictEqual(found.skipped[0]?.path, `${newer}/model.safetensors`);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function newestWholeCheckpoint(
  from: string,
  run: RunIdentity,
  allowsChange: boolean,
): Promise<Result<TrainError, WholeCheckpoint>> {
  const candidates = await candidatesIn(from);
  if (candidates._tag === "Left") return candidates;
  const { paths, isChosen } = candidates.right;
  const record = await recordOf(paths[0]);
  if (record._tag === "Left") return record;
  const skipped: SkippedCheckpoint[] = [...candidates.right.skipped];
  for (const path of paths) {
    const read = await openCheckpoint(path, run, allowsChange);
    if (read._tag === "Left") {
      const { left: found } = read;
      if (isChosen || found.kind !== "broken") return left(unusable(found));
      skipped.push({ path: found.path, reason: found.reason });
      continue;
    }
    const { snapshot: start, change } = read.right;
    const history = recordBefore(record.right, start.step);
    if (history._tag === "Right") {
      return right({ path, start, history: history.right, change, skipped });
    }
    const reason = history.left;
    if (isChosen) return left({ _tag: "CheckpointRefused", path, reason });
    skipped.push({ path, reason });
  }
  return noneWhole(from, skipped);
}
