/** The newest checkpoint that a run can go on from. */
import { left, type Result, right } from "../../core/mod.ts";
import type { TrainingIdentity } from "../engine/task.ts";
import {
  type Candidates,
  candidatesIn,
  firstWhole,
  type Reached,
  reachedBy,
  runFolderOf,
  type SkippedCheckpoint,
  stepsOf,
} from "./latest_checkpoint.ts";
import { openCheckpoint } from "../checkpoint/read_checkpoint.ts";
import {
  type RecordBefore,
  recordBefore,
  type Witness,
} from "./record_before.ts";
import type { ScheduleChange } from "../checkpoint/schedule_change.ts";
import type { Snapshot } from "../engine/state.ts";
import type { TrainError } from "../train_error.ts";

/** The checkpoint from which a run resumes. */
export interface WholeCheckpoint {
  /** Path of the checkpoint. */
  readonly path: string;
  /** The state, as the resumed run needs it. */
  readonly start: Snapshot;
  /** The record of its run, up to it. */
  readonly record: RecordBefore;
  /** Difference of the schedules, or `null`. */
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

/**
 * Finds the newest whole checkpoint of a run. One that is not as it was written,
 * or that the record of its run does not reach, is passed over and named; one
 * that is whole but of another run is an error, and so is the fault of a
 * checkpoint that was asked for by its own path.
 *
 * @param witness Listener to the steps that were recorded before the checkpoint.
 * @returns The checkpoint, and which newer ones were passed over and why.
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
    { ...these.right, isChosen },
    (path) => openCheckpoint(path, run, allowsChange),
    "can be gone on from",
  );
  if (found._tag === "Left") return found;
  const { path, skipped, read: { snapshot: start, change } } = found.right;
  const its = record.right.limit === start.step
    ? record
    : await recordBefore(folder, start.step, witness);
  return its._tag === "Left"
    ? its
    : right({ path, start, change, skipped, record: its.right });
}
