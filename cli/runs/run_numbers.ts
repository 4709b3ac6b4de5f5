/** A run of any task in numbers. */
import type { FreezePlan } from "../../core/mod.ts";
import { counted } from "../../data/mod.ts";
import {
  measuredSaving,
  phaseTimes,
  tellsSaving,
  type TimedStep,
} from "../../train/mod.ts";
import { duration, percent } from "../output/words.ts";
import type { OpenedRun } from "./open_run.ts";
import type { RunEnd } from "./take_steps.ts";

/** The last line of a run with `--json`, whatever its task. */
export interface RunNumbers {
  readonly backend: string;
  /** The machine's name of the device. */
  readonly device: string;
  readonly steps: number;
  /** Steps among them that were skipped because they were not finite. */
  readonly stepsSkipped: number;
  /** Seconds of all recorded steps, images and compilation included. */
  readonly seconds: number;
  /** Median seconds of a step in each phase, without images and compilation; `null` where no step is on record. */
  readonly secondsPerStepByPhase: readonly (number | null)[];
  /** Part of the compute time saved against the speed of the first phase; `null` if a phase was not measured, or too few steps of it. */
  readonly savingMeasured: number | null;
  readonly checkpoint: string;
  readonly outputDir: string;
}

/** A number, or `null` where it is none. */
export const orNull = (value: number | undefined): number | null =>
  value === undefined || Number.isNaN(value) ? null : value;

/** Median seconds of a step in each phase; `null` where none was taken. */
export function secondsByPhase(
  plan: Pick<FreezePlan, "phases">,
  steps: readonly TimedStep[],
): readonly (number | null)[] {
  const times = phaseTimes(plan, steps);
  return plan.phases.map(({ index }) =>
    orNull(times.find(({ phase }) => phase === index)?.secondsPerStep)
  );
}

/** A run in numbers. */
export function runNumbers(
  { plan, backend: { device }, folder }: OpenedRun,
  { run, steps, totals, checkpoint }: RunEnd,
): RunNumbers {
  const counts = plan.phases.map(({ index }) =>
    steps.filter(({ phase }) => phase === index).length
  );
  return {
    backend: device.name,
    device: device.description,
    steps: run.step,
    stepsSkipped: totals.skipped,
    seconds: totals.seconds,
    secondsPerStepByPhase: secondsByPhase(plan, steps),
    savingMeasured: tellsSaving(counts)
      ? orNull(measuredSaving(plan, phaseTimes(plan, steps)))
      : null,
    checkpoint,
    outputDir: folder.path,
  };
}

/** The first line of a run's summary. */
export const describeSteps = (
  { steps, seconds, stepsSkipped }: RunNumbers,
): string =>
  `${counted(steps, "step")} in ${duration(seconds)}${
    stepsSkipped === 0 ? "" : `, ${stepsSkipped} left out`
  }`;

/** Saving by freezing, measured and predicted. */
export const describeSaving = (
  { savingMeasured }: RunNumbers,
  savingPredicted: number,
): string =>
  `${
    savingMeasured === null
      ? "too few steps to measure it"
      : `${percent(savingMeasured)} of the compute time measured`
  }, ${percent(savingPredicted)} predicted`;
