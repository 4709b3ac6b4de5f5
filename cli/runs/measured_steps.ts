/** Steps of a run that are taken to be measured and then forgotten. */
import {
  secondsLeft,
  type StepReport,
  train,
  type TrainOptions,
} from "../../train/mod.ts";
import { stopped } from "../command/command_failed.ts";
import { mustWork } from "../command/describe_errors.ts";
import { waitingFor } from "../output/progress_bar.ts";
import type { PlannedRun } from "./planned_run.ts";

/** A training as far as its steps are measured. */
export type MeasuredTraining = Pick<
  PlannedRun,
  "task" | "plan" | "batches" | "start" | "costOf"
>;

/** Times of a step, and of the run that consists of such steps. */
export interface MeasuredSteps {
  /** Count of the steps that were measured. */
  readonly steps: number;
  /** Seconds of a step before anything freezes, with its images: their median. */
  readonly secondsPerStep: number;
  /**
   * Mean of the later half of them, which counts what else the machine was busy with, but
   * not that code and files are cold at first.
   */
  readonly meanSeconds: number;
  /** Seconds of all steps of the plan, by the costs of its phases. */
  readonly secondsOfRun: number;
}

/** Seconds of a step; the first builds the programs, once for a phase. */
const secondsOf = ({ milliseconds: { total, compile } }: StepReport): number =>
  (total - compile) / 1000;

/** The middle of some numbers, `NaN` of none. */
export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Seconds of the steps of the first phase; the first of all counts only where it is alone. */
async function stepSeconds(
  { task, plan }: Pick<MeasuredTraining, "task" | "plan">,
  options: TrainOptions<unknown>,
  enough: number,
): Promise<readonly number[]> {
  const run = train(task, options);
  const found: number[] = [];
  let taken = 0;
  try {
    for await (const step of run) {
      if (step._tag === "Left" && step.left._tag === "Stopped") {
        return stopped("stopped before the time of a step was measured", {});
      }
      const report = mustWork(step);
      if (report.phase !== plan.phases[0].index) break;
      found.push(secondsOf(report));
      if (found.length > 1) taken += found.at(-1) ?? 0;
      if (taken >= enough) break;
    }
  } finally {
    run.dispose();
  }
  return found.length > 1 ? found.slice(1) : found;
}

/**
 * Takes the first steps of a training for a short time and reckons how long all of them
 * take. The training begins anew afterwards; nothing is written.
 *
 * @param enough Seconds of steps that are enough, the first step not counted.
 * @throws {CommandFailed} where a step fails or it is stopped.
 */
export async function measuredSteps(
  planned: MeasuredTraining,
  options: Pick<TrainOptions<unknown>, "backend" | "signal" | "skipNonFinite">,
  enough: number,
): Promise<MeasuredSteps> {
  const { batches, start, plan, costOf } = planned;
  const ahead = options.backend.runsAhead ?? 0;
  const whole = { ...options, batches, start, ahead };
  const seconds = await waitingFor(
    "measuring a step",
    () => stepSeconds(planned, whole, enough),
  );
  const secondsPerStep = median(seconds);
  return {
    steps: seconds.length,
    secondsPerStep,
    meanSeconds: mean(seconds.slice(Math.floor(seconds.length / 2))),
    secondsOfRun: secondsLeft(plan, costOf)(0, secondsPerStep),
  };
}
