/** Status of a run, and signs that its process is alive. */
import {
  type FreezePlan,
  type Phase,
  phaseAt,
  type RateSchedule,
  savedPart,
} from "../../../core/mod.ts";
import type { Task } from "../../engine/task.ts";
import type { MetricsLine } from "../metrics.ts";
import { measuredSaving, phaseTimes, tellsSaving } from "../saving.ts";

/** Status of a layer. */
export interface LayerStatus {
  /** Its name in the plan. */
  readonly name: string;
  /** Its learning rate in the last step, 0 if it is frozen. */
  readonly rate: number;
  /** The highest rate that its schedule has. */
  readonly peakRate: number;
  /** True if it is frozen in the next step. */
  readonly isFrozen: boolean;
  /** Step from which it is frozen; `null` if it trains to the end. */
  readonly freezeStep: number | null;
}

/** Status of a stage. */
export interface StageStatus {
  /** Its number, from 0. */
  readonly index: number;
  /** Mean loss over the last steps in which it was live; `null` if none is known. */
  readonly loss: number | null;
  /** True if it is pruned in the next step. */
  readonly isPruned: boolean;
}

/** Status of a run. */
export interface RunStatus {
  /** Steps that are done. */
  readonly done: number;
  /** Steps of the run. */
  readonly totalSteps: number;
  /** Epochs that are done, with their fraction. */
  readonly epoch: number;
  /** Epochs of the run. */
  readonly epochs: number;
  /**
   * Mean of the loss that can be compared over all steps (`StepReport.deepestLoss`) over the
   * last ones; `null` before the first one.
   */
  readonly deepestLoss: number | null;
  /** Stages with a loss of their own, from shallow to deep. */
  readonly stages: readonly StageStatus[];
  /** Layers from shallow to deep. */
  readonly layers: readonly LayerStatus[];
  /** Mean seconds of the last steps, images included; `null` before the first one. */
  readonly secondsPerStep: number | null;
  /** Images a second over the last steps; `null` before the first one. */
  readonly imagesPerSecond: number | null;
  /** Part of the last steps' time that went into waiting for images; `null` before the first one. */
  readonly dataShare: number | null;
  /** Seconds that the rest will take; `null` before the first step. */
  readonly secondsLeft: number | null;
  /** Part of the compute time saved by now; `null` before the first freeze or if it is not known. */
  readonly saving: number | null;
  /** Part of the operations that the whole run saves. */
  readonly savingPredicted: number;
}

/** Identity of a run of any kind. */
export interface FollowedTraining
  extends Pick<Task<unknown>, "task" | "plan" | "training" | "stageLosses"> {
  /** Cost of a step in a phase, in any unit. */
  readonly costOf: (phase: Phase) => number;
}

/** Input of a status. */
export interface RunRecord extends FollowedTraining {
  /** Steps from all of the run, in order. */
  readonly lines: readonly MetricsLine[];
  /** The last steps without gaps, in order. */
  readonly recent: readonly MetricsLine[];
}

/**
 * Seconds that the steps still to come will take, when the speed of now holds and
 * later phases cost what is said of them.
 *
 * @param plan Its phases.
 * @param costOf Cost of a step in a phase, in any unit.
 * @returns A function from the steps that are done and the present seconds of a
 * step, images included, to seconds; 0 after the last step.
 *
 * @example Without freezing it is a product
 * ```ts
 * import { DEFAULT_PRETRAIN_CONFIG, phaseFlops, planOf } from "@vitfreeze/vitfreeze";
 * import { secondsLeft } from "./run_status.ts";
 * import { strictEqual } from "node:assert/strict";
 *
 * const freeze = { ...DEFAULT_PRETRAIN_CONFIG.freeze, t0: 1 };
 * const plan = planOf({ ...DEFAULT_PRETRAIN_CONFIG, freeze }, 2048 * 10);
 * if (plan._tag === "Left") throw new Error("never");
 * const left = secondsLeft(plan.right, phaseFlops(plan.right));
 *
 * strictEqual(left(400, 0.5), (plan.right.totalSteps - 400) / 2);
 * ```
 */
export function secondsLeft(
  plan: Pick<FreezePlan, "phases">,
  costOf: (phase: Phase) => number,
): (done: number, secondsPerStep: number) => number {
  const phaseOf = phaseAt(plan);
  const cost = plan.phases.map(costOf);
  return (done, secondsPerStep) => {
    const present = cost[phaseOf(Math.max(0, done - 1)).index] ?? NaN;
    return plan.phases.reduce((sum, { index, from, to }) => {
      const steps = Math.max(0, to - Math.max(from, done));
      return sum + steps * secondsPerStep * (cost[index] ?? NaN) / present;
    }, 0);
  };
}

/** Steps over which losses and times are averaged. */
const LAST_STEPS = 20;

const mean = (numbers: readonly number[]): number | null =>
  numbers.length === 0
    ? null
    : numbers.reduce((a, b) => a + b, 0) / numbers.length;

/** The highest rate of a schedule: at the end of its warm-up. */
export function highestRate({ warmup, initialRate }: RateSchedule): number {
  return Math.max(warmup.steps > 0 ? warmup.peakRate : 0, initialRate);
}

function layersAt(
  { layers, totalSteps }: FreezePlan<unknown>,
  last: MetricsLine | undefined,
  done: number,
): readonly LayerStatus[] {
  return layers.map(({ index, name, schedule, freezeStep }) => ({
    name,
    rate: last?.rates[index] ?? 0,
    peakRate: highestRate(schedule),
    isFrozen: freezeStep < totalSteps && freezeStep <= done,
    freezeStep: freezeStep < totalSteps ? freezeStep : null,
  }));
}

function stagesAt(
  { plan, stageLosses, lines, recent }: RunRecord,
  done: number,
): readonly StageStatus[] {
  const named = stageLosses(plan.phases[0]);
  return plan.stages.filter(({ index }) => index in named).map(
    ({ index, pruneStep }) => {
      const own = (from: readonly MetricsLine[]): readonly number[] =>
        from.flatMap(({ stageLosses }) => stageLosses[index] ?? [])
          .slice(-LAST_STEPS);
      const losses = own(recent);
      return {
        index,
        loss: mean(losses.length > 0 ? losses : own(lines)),
        isPruned: pruneStep < plan.totalSteps && pruneStep <= done,
      };
    },
  );
}

function savingAt(
  { plan, lines }: RunRecord,
  done: number,
): number | null {
  if (done <= plan.phases[0].to) return null;
  const counts = plan.phases.map(({ from, to }) =>
    Math.max(0, Math.min(to, done) - from)
  );
  if (!tellsSaving(counts)) return null;
  const saving = measuredSaving(plan, phaseTimes(plan, lines), done);
  return Number.isNaN(saving) ? null : saving;
}

/**
 * Status of a run by its record.
 *
 * @param record Plan, configuration and steps.
 */
export function runStatus(record: RunRecord): RunStatus {
  const { plan, training, costOf, recent } = record;
  const last = recent.at(-1);
  const done = last === undefined ? 0 : last.step + 1;
  const times = recent.slice(-LAST_STEPS).map((line) => line.milliseconds);
  const total = mean(times.map((ms) => ms.total));
  const data = mean(times.map((ms) => ms.data));
  const images = training.batchSize * training.accumIter;
  return {
    done,
    totalSteps: plan.totalSteps,
    epoch: done * training.epochs / plan.totalSteps,
    epochs: training.epochs,
    deepestLoss: mean(
      recent.slice(-LAST_STEPS).map(({ deepestLoss }) => deepestLoss),
    ),
    stages: stagesAt(record, done),
    layers: layersAt(plan, last, done),
    secondsPerStep: total === null ? null : total / 1000,
    imagesPerSecond: total === null ? null : 1000 * images / total,
    dataShare: total === null || data === null ? null : data / total,
    secondsLeft: total === null
      ? null
      : secondsLeft(plan, costOf)(done, total / 1000),
    saving: savingAt(record, done),
    savingPredicted: savedPart(plan, costOf),
  };
}

/** Signs of a run's process that are visible from outside. */
export interface RunSigns {
  /** True if all steps are taken. */
  readonly isComplete: boolean;
  /** True if a process has locked the folder; `null` if the folder has no lock. */
  readonly isLocked: boolean | null;
  /** Seconds since the folder was written to. */
  readonly silence: number;
  /** Seconds of a step, images included; `null` before the first one. */
  readonly secondsPerStep: number | null;
}

/** State of a run's process. */
export type RunLife =
  /** Its process takes steps. */
  | "running"
  /** All steps are taken, its process evaluates the result. */
  | "judging"
  /** All steps are taken. */
  | "finished"
  /** Steps are left and no process takes them. */
  | "stopped";

/** Seconds that compiling a phase, saving and evaluating may take. */
const PATIENCE = 60;
/** The same before the first step. */
const PATIENCE_AT_START = 600;
/** Steps that may seem to be missing. */
const STEPS = 20;

/**
 * Status of a run's process, seen from outside. The lock decides where there is
 * one; else a run counts as stopped when it has been silent for a minute and 20
 * steps, or for ten minutes before its first step.
 *
 * @param signs Visible signs of the process.
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
