/** Detection of losses that have exploded. */
import { type ModelSpec, type StageSpec, targetOf } from "../../core/mod.ts";
import type { MetricsLine } from "./metrics.ts";
import type { TrainError } from "../train_error.ts";

/** Steps of a block; the level of a loss is the median of one. */
const BLOCK = 50;

/** Steps in a row that a loss may be high. */
export const HIGH_STEPS = 10;

/** Default limit of a loss, times its bound. */
export const DEFAULT_LOSS_LIMIT = 10;

/** Error of a run whose loss has grown out of bounds. */
export type LossExploded = Extract<
  TrainError,
  { readonly _tag: "LossExploded" }
>;

/** Watches the losses of a run. */
export interface LossWatch {
  /**
   * Takes note of a step.
   *
   * @returns Reason to stop the run, or `null`.
   */
  see(line: MetricsLine): LossExploded | null;
  /** Reason against a checkpoint after the last step: its loss is high; `null` if it is not. */
  high(): LossExploded | null;
}

interface StageCourse {
  /** The most that predicting nothing costs. */
  readonly floor: number;
  /** Losses of the present block. */
  readonly block: Float64Array;
  size: number;
  /** Lowest median of a whole block so far; infinite in the first. */
  level: number;
  /** First of the high steps up to now, or `null`. */
  since: number | null;
}

const median = (values: Float64Array): number =>
  values.toSorted()[Math.floor(values.length / 2)] ?? NaN;

/** Adds a loss to the present block, and ends the block when it is full. */
function add(course: StageCourse, loss: number): void {
  course.block[course.size++] = loss;
  if (course.size < BLOCK) return;
  course.level = Math.min(course.level, median(course.block));
  course.size = 0;
}

/** Losses that are watched. */
export interface WatchedLosses {
  /** Scale of each stage; empty where a step has one loss. */
  readonly scales: readonly number[];
  /** The most that predicting nothing costs, of each of these losses. */
  readonly floors: readonly number[];
}

/**
 * The most that predicting nothing costs a stage: mean squares of its target. A histogram
 * has a length of at most 1; pixels are normalised to a variance of about 1, over all
 * pictures or in each cell.
 */
const floorOf = (
  { hogNbins }: Pick<ModelSpec, "hogNbins">,
  stage: StageSpec,
): number => targetOf(stage) === "hog" ? 1 / hogNbins : 1;

/** Losses of pre-training: one for each stage. */
export const stageLosses = (
  model: Pick<ModelSpec, "stages" | "hogNbins">,
): WatchedLosses => ({
  scales: model.stages.map(({ scale }) => scale),
  floors: model.stages.map((stage) => floorOf(model, stage)),
});

/** The loss of a classifier: cross entropy; giving each class the same part costs `ln(classes)`. */
export const classLoss = (classes: number): WatchedLosses => ({
  scales: [],
  floors: [Math.log(Math.max(2, classes))],
});

/**
 * Watches the losses of a run. A loss is high if it is above
 * `limit · max(level, floor)`: `level` is the lowest median of 50 steps that it has
 * reached, and `floor` the most that predicting nothing would cost. A loss that is high
 * in 10 steps in a row has exploded. In the first 50 steps none is.
 *
 * In healthy runs losses stay below the floor from soon after the start, a tenth of
 * what the default limit allows. What is watched follows from the record of a run
 * alone, so a run that was resumed stops where it would have stopped. Steps that were
 * skipped do not count.
 *
 * @param limit Times the bound, above 0; `Infinity` never stops.
 */
export function lossWatch(
  { scales, floors }: WatchedLosses,
  limit: number,
  history: readonly MetricsLine[],
): LossWatch {
  const courses = floors.map((floor): StageCourse => ({
    floor,
    block: new Float64Array(BLOCK),
    size: 0,
    level: Infinity,
    since: null,
  }));
  const boundOf = ({ level, floor }: StageCourse): number =>
    limit * Math.max(level, floor);
  /** Notes the loss of a stage; gives the bound that it is above, or `null`. */
  const note = (
    course: StageCourse,
    step: number,
    loss: number,
  ): number | null => {
    const bound = boundOf(course);
    course.since = loss > bound ? course.since ?? step : null;
    if (!Number.isNaN(loss)) add(course, loss);
    return course.since === null ? null : bound;
  };
  let worst: LossExploded | null = null;
  // Also called for each of a million recorded steps.
  const see = (
    { step, loss: all, stageLosses, skipped }: MetricsLine,
  ): LossExploded | null => {
    if (skipped !== undefined) return null;
    worst = null;
    for (let stage = 0; stage < courses.length; stage++) {
      const course = courses[stage];
      if (course === undefined) break;
      const scale = scales[stage] ?? null;
      const loss = scale === null ? all : stageLosses[stage] ?? NaN;
      const bound = note(course, step, loss);
      const { since } = course;
      if (bound === null || since === null) continue;
      if (worst !== null && worst.since <= since) continue;
      const of = scale === null ? null : { index: stage, scale };
      worst = { _tag: "LossExploded", step, since, stage: of, loss, bound };
    }
    return worst !== null && step - worst.since >= HIGH_STEPS - 1
      ? worst
      : null;
  };
  history.forEach(see);
  return { see, high: () => worst };
}
