/**
 * Whether a checkpoint is of a run.
 *
 * @module
 */
import {
  encodePretrainConfig,
  excerpt,
  left,
  type Result,
  right,
} from "../core/mod.ts";
import { broken, type BrokenCheckpoint } from "./checkpoint_files.ts";
import {
  CHECKPOINT_FILES,
  identityOf,
  type RunFile,
  type RunIdentity,
} from "./checkpoint_layout.ts";
import { type Difference, differences } from "./differences.ts";
import {
  isScheduleField,
  type ScheduleChange,
  scheduleChange,
} from "./schedule_change.ts";

/** A checkpoint that cannot be gone on from. */
export type Unusable =
  | BrokenCheckpoint
  /** It is whole, but of another run. */
  | { readonly kind: "foreign"; readonly path: string; readonly reason: string }
  /** It is whole and of this run, but of another schedule. */
  | {
    readonly kind: "schedule";
    readonly path: string;
    readonly change: ScheduleChange;
  };

/** The run that a checkpoint is of, beside the one that is to go on. */
export interface ComparedRun {
  /** The run as the checkpoint has it. */
  readonly its: RunIdentity;
  /** How the schedule differs, or `null`. */
  readonly change: ScheduleChange | null;
}

/** Optimizer steps of an epoch. */
const epochLength = ({ config, plan }: RunIdentity): number =>
  plan.totalSteps / config.training.epochs;

/** More differences than this are counted, not listed. */
const MOST_LISTED = 40;

/** Why a checkpoint belongs to another run whatever its schedule, or `null`. */
function mismatch(
  { step, totalSteps }: RunFile,
  its: RunIdentity,
  run: RunIdentity,
  changed: readonly Difference[],
): string | null {
  if (changed.some(({ path }) => !isScheduleField(path))) {
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
  const steps = run.plan.totalSteps;
  if (epochLength(its) !== epochLength(run)) {
    return `its run has ${totalSteps} steps, this one ${steps}: other images or another --limit`;
  }
  return step >= 0 && step <= steps
    ? null
    : `it is at step ${step}, wanted 0 to ${steps}`;
}

/**
 * Compares a checkpoint with a run.
 *
 * @param path Folder of the checkpoint.
 * @param file Content of its `run.json`.
 * @param run The run that is to go on.
 * @returns The checkpoint's own run and how its schedule differs, or why it is
 * no moment of this run under any schedule.
 */
export function comparedWith(
  path: string,
  file: RunFile,
  run: RunIdentity,
): Result<Unusable, ComparedRun> {
  const its = identityOf(file);
  if (its._tag === "Left") {
    return broken(path, `${CHECKPOINT_FILES.run}: ${its.left}`);
  }
  const changed = differences(
    encodePretrainConfig(its.right.config),
    encodePretrainConfig(run.config),
  );
  const reason = mismatch(file, its.right, run, changed);
  if (reason !== null) return left({ kind: "foreign", path, reason });
  const change = changed.length === 0
    ? null
    : scheduleChange(its.right, run, file.step, changed);
  return right({ its: its.right, change });
}
