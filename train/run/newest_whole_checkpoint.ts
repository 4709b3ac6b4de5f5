/**
 * The newest checkpoint that a run can go on from.
 *
 * @module
 */
import { left, type Result, right } from "../../core/mod.ts";
import type { TrainingIdentity } from "../engine/task.ts";
import {
  type Candidates,
  candidatesIn,
  describeSkipped,
  type Reached,
  reachedBy,
  runFolderOf,
  type SkippedCheckpoint,
  stepsOf,
} from "./latest_checkpoint.ts";
import { openCheckpoint, unusable } from "../checkpoint/read_checkpoint.ts";
import {
  type RecordBefore,
  recordBefore,
  type Witness,
} from "./record_before.ts";
import type { ScheduleChange } from "../checkpoint/schedule_change.ts";
import type { Snapshot } from "../engine/snapshot.ts";
import type { TrainError } from "../train_error.ts";

/** Where a run goes on. */
export interface WholeCheckpoint {
  /** Path of the checkpoint. */
  readonly path: string;
  /** The moment, as the run that goes on needs it. */
  readonly start: Snapshot;
  /** The record of its run, up to it. */
  readonly record: RecordBefore;
  /** How the schedule differs from then on, or `null`. */
  readonly change: ScheduleChange | null;
  /** Newer ones that were passed over, newest first. */
  readonly skipped: readonly SkippedCheckpoint[];
}

/** The checkpoints that a record reaches; one that was asked for is refused beyond it. */
async function reached(
  { end, describe }: RecordBefore,
  { paths, isChosen }: Candidates,
): Promise<Result<TrainError, Reached>> {
  const [first] = paths;
  const steps = await stepsOf(first);
  if (!isChosen || end === null || steps <= end) {
    return right(await reachedBy(paths, end, describe));
  }
  const reason =
    `the record of its run has ${end} of the ${steps} steps before it; take an earlier checkpoint`;
  return left({ _tag: "CheckpointRefused", path: first, reason });
}

/** A checkpoint that is whole, and newer ones that are not. */
type Found = Omit<WholeCheckpoint, "record">;

/** Why none can be used. */
function noneWhole(
  path: string,
  skipped: readonly SkippedCheckpoint[],
): Result<TrainError, never> {
  const list = describeSkipped(skipped).map((line) => `\n  ${line}`).join("");
  const reason = `none of its checkpoints can be gone on from:${list}`;
  return left({ _tag: "CheckpointRefused", path, reason });
}

/** The first whole one of the candidates. */
async function firstWhole(
  from: string,
  run: TrainingIdentity,
  allowsChange: boolean,
  { paths, skipped: before }: Reached,
  isChosen: boolean,
): Promise<Result<TrainError, Found>> {
  const skipped = [...before];
  for (const path of paths) {
    const read = await openCheckpoint(path, run, allowsChange);
    if (read._tag === "Right") {
      const { snapshot: start, change } = read.right;
      return right({ path, start, change, skipped });
    }
    const { left: found } = read;
    if (isChosen || found.kind !== "broken") return left(unusable(found));
    skipped.push({ path: found.path, reason: found.reason });
  }
  return noneWhole(from, skipped);
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
 * @param witness Told what was recorded before the checkpoint.
 * @returns The checkpoint, and which newer ones were passed over and why.
 *
 * @example A checkpoint that was cut off is passed over
 * ```ts
 * import { DEFAULT_PRETRAIN_CONFIG, MODEL_PRESETS, planOf } from "@vitfreeze/vitfreeze/core";
 * import { initialSnapshot, newestWholeCheckpoint, orThrow, pretrainTask, writeCheckpoint } from "@vitfreeze/vitfreeze/train";
 * import { strictEqual } from "node:assert/strict";
 *
 * const config = { ...DEFAULT_PRETRAIN_CONFIG, model: MODEL_PRESETS.nano };
 * const plan = orThrow(planOf(config, 10_000));
 * const run = pretrainTask({ config, plan });
 * const start = initialSnapshot(config, plan);
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
  run: TrainingIdentity,
  allowsChange: boolean,
  witness: Witness = () => () => {},
): Promise<Result<TrainError, WholeCheckpoint>> {
  const candidates = await candidatesIn(from);
  if (candidates._tag === "Left") return candidates;
  const { paths, isChosen } = candidates.right;
  const folder = runFolderOf(paths[0]);
  const record = await recordBefore(folder, await stepsOf(paths[0]), witness);
  if (record._tag === "Left") return record;
  const these = await reached(record.right, candidates.right);
  if (these._tag === "Left") return these;
  const found = await firstWhole(
    from,
    run,
    allowsChange,
    these.right,
    isChosen,
  );
  if (found._tag === "Left") return found;
  const { start } = found.right;
  const its = record.right.limit === start.step
    ? record
    : await recordBefore(folder, start.step, witness);
  return its._tag === "Left"
    ? its
    : right({ ...found.right, record: its.right });
}
