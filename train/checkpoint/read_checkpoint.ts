/** Reading checkpoints of a training, and refusing those of another. */
import {
  describeFaults,
  excerpt,
  left,
  type Result,
  right,
  sizeOf,
} from "../../core/mod.ts";
import type { Snapshot } from "../engine/state.ts";
import { epochSteps, type TrainingIdentity } from "../engine/task.ts";
import type { TrainError } from "../train_error.ts";
import {
  broken,
  type BrokenCheckpoint,
  readDescription,
  readSnapshot,
} from "./checkpoint_files.ts";
import { identityOf } from "../tasks/identities.ts";
import { CHECKPOINT_FILES, type RunFile } from "./layout.ts";
import {
  type Difference,
  differences,
  isScheduleField,
  type ScheduleChange,
  scheduleChange,
} from "./schedule_change.ts";

/** A checkpoint that cannot be gone on from. */
export type Unusable =
  | BrokenCheckpoint
  /** It is whole, but of another training. */
  | { readonly kind: "foreign"; readonly path: string; readonly reason: string }
  /** It is whole and of this training, but of another schedule. */
  | {
    readonly kind: "schedule";
    readonly path: string;
    readonly change: ScheduleChange;
  };

/** The training that a checkpoint is of, beside the one that is to go on. */
interface ComparedTraining {
  readonly its: TrainingIdentity;
  /** Difference of the schedules, or `null`. */
  readonly change: ScheduleChange | null;
}

/** More differences than this are counted, not listed. */
const MOST_LISTED = 40;

/** Differences in words, under a heading. */
function listed(changed: readonly Difference[]): string {
  const lines = changed.slice(0, MOST_LISTED).map(({ path, a, b }) =>
    `${excerpt(path)}: checkpoint ${a}, this run ${b}`
  );
  const more = changed.length - lines.length;
  return [
    "it is of another configuration:",
    ...lines,
    ...(more > 0 ? [`and ${more} more`] : []),
  ].join("\n  ");
}

/** Why a checkpoint belongs to another training whatever its schedule, or `null`. */
function mismatch(
  { step, totalSteps }: RunFile,
  its: TrainingIdentity,
  run: TrainingIdentity,
  changed: readonly Difference[],
): string | null {
  if (changed.some(({ path }) => !isScheduleField(path))) {
    return listed(changed);
  }
  const steps = run.plan.totalSteps;
  if (epochSteps(its) !== epochSteps(run)) {
    return `its run has ${totalSteps} steps, this one ${steps}: other images or another --limit`;
  }
  return step >= 0 && step <= steps
    ? null
    : `it is at step ${step}, wanted 0 to ${steps}`;
}

/** A value after writing and reading it as JSON. */
const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/**
 * Compares a checkpoint with a training: its own one and how its schedule differs, or
 * why it is no state of this training under any schedule.
 */
function comparedWith(
  path: string,
  file: RunFile,
  run: TrainingIdentity,
): Result<Unusable, ComparedTraining> {
  const foreign = (reason: string): Result<Unusable, never> =>
    left({ kind: "foreign", path, reason });
  if (file.task !== run.task) {
    return foreign(`it is of ${excerpt(file.task)}, this run of ${run.task}`);
  }
  const identity = identityOf(file.task, file.config, file.totalSteps);
  if (identity._tag === "Left") {
    const reason = describeFaults(identity.left);
    return broken(path, `${CHECKPOINT_FILES.run}: ${reason}`);
  }
  const its = identity.right;
  const changed = differences(asJson(its.config), asJson(run.config));
  const reason = mismatch(file, its, run, changed);
  if (reason !== null) return foreign(reason);
  const change = changed.length === 0
    ? null
    : scheduleChange(its.plan, run.plan, file.step, changed);
  return right({ its, change });
}

/** A checkpoint that was read. */
export interface ReadCheckpoint {
  /** The state. */
  readonly snapshot: Snapshot;
  /** Difference of the schedules, or `null`. */
  readonly change: ScheduleChange | null;
}

/**
 * The state as another schedule needs it: what trains again after it was frozen
 * begins with the optimizer's state at zero.
 */
function underSchedule(run: TrainingIdentity, snapshot: Snapshot): Snapshot {
  const wanted = run.stateShapes(snapshot.step).optimizer;
  const optimizer = new Map(wanted.map(({ name, shape }) => [
    name,
    snapshot.optimizer.get(name) ?? new Float32Array(sizeOf(shape)),
  ]));
  return { ...snapshot, optimizer };
}

/** Reads a checkpoint, and says in which way it cannot be used. */
export async function openCheckpoint(
  path: string,
  run: TrainingIdentity,
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

/** The training that a checkpoint says it is of; `null` if it does not say so well. */
export async function checkpointIdentity(
  path: string,
): Promise<TrainingIdentity | null> {
  const described = await readDescription(path);
  if (described._tag === "Left") return null;
  const { task, config, totalSteps } = described.right.file;
  const its = identityOf(task, config, totalSteps);
  return its._tag === "Left" ? null : its.right;
}

/**
 * Reads a checkpoint of a training.
 *
 * @returns The state, or why the checkpoint is refused: it is missing,
 * truncated, not as it was written, or of another training or schedule. It is never
 * read in part.
 */
export async function readCheckpoint(
  path: string,
  run: TrainingIdentity,
): Promise<Result<TrainError, Snapshot>> {
  const read = await openCheckpoint(path, run, false);
  return read._tag === "Left"
    ? left(unusable(read.left))
    : right(read.right.snapshot);
}
