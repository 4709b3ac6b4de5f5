/**
 * Whether a run still lives.
 *
 * @module
 */

/** What can be seen of a run's process from outside. */
export interface RunSigns {
  /** Whether all steps are taken. */
  readonly isComplete: boolean;
  /** Whether a process has locked the folder; `null` if the folder has no lock. */
  readonly isLocked: boolean | null;
  /** Seconds since the folder was written to. */
  readonly silence: number;
  /** Seconds of a step, images included; `null` before the first one. */
  readonly secondsPerStep: number | null;
}

/** Whether a run still lives. */
export type RunLife =
  /** Its process takes steps. */
  | "running"
  /** All steps are taken, its process judges the encoder and draws. */
  | "judging"
  /** All steps are taken. */
  | "finished"
  /** Steps are left and no process takes them. */
  | "stopped";

/** Seconds that compiling a phase, saving and judging may take. */
const PATIENCE = 60;
/** The same before the first step. */
const PATIENCE_AT_START = 600;
/** Steps that may seem to be missing. */
const STEPS = 20;

/**
 * Judges from outside whether a run still lives. The lock decides where there is
 * one; else a run counts as stopped when it has been silent for a minute and 20
 * steps, or for ten minutes before its first step.
 *
 * @param signs What can be seen.
 */
export function runLife(
  { isComplete, isLocked, silence, secondsPerStep }: RunSigns,
): RunLife {
  if (isComplete) return isLocked === true ? "judging" : "finished";
  if (isLocked !== null) return isLocked ? "running" : "stopped";
  const patience = secondsPerStep === null
    ? PATIENCE_AT_START
    : PATIENCE + STEPS * secondsPerStep;
  return silence <= patience ? "running" : "stopped";
}
