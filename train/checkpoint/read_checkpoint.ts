/**
 * Reading checkpoints, and refusing what is none.
 *
 * @module
 */
import { left, type Result, right, sizeOf } from "../../core/mod.ts";
import { readDescription, readSnapshot } from "./files.ts";
import { identityOf, optimizerTensors, type RunIdentity } from "./layout.ts";
import { comparedWith, type Unusable } from "./compare_checkpoint.ts";
import type { ScheduleChange } from "./schedule_change.ts";
import type { Snapshot } from "../engine/snapshot.ts";
import type { TrainError } from "../train_error.ts";

/** A checkpoint that was read. */
export interface ReadCheckpoint {
  /** The moment. */
  readonly snapshot: Snapshot;
  /** How the schedule of the run differs, or `null`. */
  readonly change: ScheduleChange | null;
}

/**
 * The moment as another schedule needs it: what trains again after it was frozen
 * begins with the optimizer's state at zero.
 */
function underSchedule(run: RunIdentity, snapshot: Snapshot): Snapshot {
  const wanted = optimizerTensors(run, snapshot.step);
  const optimizer = new Map(wanted.map(({ name, shape }) => [
    name,
    snapshot.optimizer.get(name) ?? new Float32Array(sizeOf(shape)),
  ]));
  return { ...snapshot, optimizer };
}

/**
 * Reads a checkpoint, and says in which way it cannot be used.
 *
 * @param path Folder of the checkpoint.
 * @param run The run that is to go on.
 * @param allowsChange Whether the run may have another schedule.
 */
export async function openCheckpoint(
  path: string,
  run: RunIdentity,
  allowsChange: boolean,
): Promise<Result<Unusable, ReadCheckpoint>> {
  const described = await readDescription(path);
  if (described._tag === "Left") return described;
  const compared = comparedWith(path, described.right.file, run);
  if (compared._tag === "Left") return compared;
  const { its, change } = compared.right;
  if (change !== null && !allowsChange) {
    return left({ kind: "schedule", path, change });
  }
  const snapshot = await readSnapshot(path, its, described.right);
  if (snapshot._tag === "Left") return snapshot;
  return change === null
    ? right({ snapshot: snapshot.right, change })
    : right({ snapshot: underSchedule(run, snapshot.right), change });
}

/** The same as an error of training. */
export function unusable(found: Unusable): TrainError {
  const { path } = found;
  return found.kind === "schedule"
    ? { _tag: "ScheduleDiffers", path, change: found.change }
    : { _tag: "CheckpointRefused", path, reason: found.reason };
}

/** The run that a checkpoint says it is of; `null` if it does not say so well. */
export async function checkpointIdentity(
  path: string,
): Promise<RunIdentity | null> {
  const described = await readDescription(path);
  if (described._tag === "Left") return null;
  const its = identityOf(described.right.file);
  return its._tag === "Left" ? null : its.right;
}

/**
 * Reads a checkpoint of a run.
 *
 * @param path Folder of the checkpoint.
 * @param run The run that is to go on.
 * @returns The moment, or why the checkpoint is refused: it is missing,
 * truncated, not as it was written, or of another run or schedule. It is never
 * read in part.
 */
export async function readCheckpoint(
  path: string,
  run: RunIdentity,
): Promise<Result<TrainError, Snapshot>> {
  const read = await openCheckpoint(path, run, false);
  return read._tag === "Left"
    ? left(unusable(read.left))
    : right(read.right.snapshot);
}
