/**
 * Trainings of engines that run ahead beside those of engines that do not.
 *
 * @module
 */
import { strictEqual } from "node:assert/strict";
import type { Backend } from "../../../backends/backend.ts";
import { referenceBackend } from "../../../backends/mod.ts";
import type {
  Snapshot,
  StepReport,
  TrainError,
  Training,
} from "../../../train/mod.ts";
import { trained } from "../tiny_run.ts";

/**
 * An engine that is waited for. Between its programs nothing is rounded, so that one program
 * and three give the same bits.
 */
export const separate = (): Backend =>
  referenceBackend({ precision: "float64" });

/** The same engine, on which runs wait in line. */
export const inLine = (runsAhead = 3): Backend =>
  referenceBackend({ precision: "float64", runsAhead });

/** That engine as all others are: a state that is read and copied back is the same. */
export const rounding = (runsAhead = 3): Backend =>
  referenceBackend({ precision: "float32", runsAhead });

/** All that is seen of a training, up to its end, its first error or where it was left. */
export interface Course {
  /** Reports without their times. */
  readonly reports: readonly unknown[];
  readonly error: TrainError | null;
  /** Steps that it counts. */
  readonly step: number;
}

/** Takes steps until the end, the first error, or so many reports. */
export async function courseOf(
  run: Training,
  most = Infinity,
): Promise<Course> {
  const reports: StepReport[] = [];
  let error: TrainError | null = null;
  for await (const taken of run) {
    if (taken._tag === "Left") error = taken.left;
    else reports.push(taken.right);
    if (reports.length === most) break;
  }
  const untimed = reports.map((report) => ({ ...report, milliseconds: null }));
  return { reports: untimed, error, step: run.step };
}

/** A course, and the state in which it ended. */
export interface WholeCourse extends Course {
  readonly end: Snapshot;
}

/** A whole training; nothing may be left of it. */
export async function wholeCourse(
  backend: Backend,
  open: (backend: Backend) => Training,
): Promise<WholeCourse> {
  const run = open(backend);
  const course = await courseOf(run);
  const end = trained(await run.snapshot());
  run.dispose();
  strictEqual(backend.liveTensors(), 0);
  return { ...course, end };
}
