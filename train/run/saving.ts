/** Saving by freezing, from the clock. */
import { type FreezePlan, savedPart } from "../../core/mod.ts";

/** Steps and time of one phase of a run. */
export interface PhaseTime {
  /** Phase of the plan. */
  readonly phase: number;
  /** Number of layers that are frozen in it. */
  readonly frozenLayers: number;
  /** Median time of a step in seconds; images and compilation are not in it. */
  readonly secondsPerStep: number;
}

/** A step as far as its time is concerned. */
export interface TimedStep {
  /** Phase of the plan. */
  readonly phase: number;
  /** Milliseconds of its parts. */
  readonly milliseconds: { readonly gradient: number; readonly update: number };
}

const median = (numbers: readonly number[]): number => {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? sorted[middle] ?? NaN
    : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
};

/**
 * Time of a step in every phase that was entered. The first step of a phase
 * compiles and warms up; it counts only where it is the only one.
 */
export function phaseTimes(
  plan: Pick<FreezePlan, "phases">,
  steps: readonly TimedStep[],
): readonly PhaseTime[] {
  return plan.phases.flatMap(({ index, frozenLayers }) => {
    const own = steps.filter(({ phase }) => phase === index)
      .map(({ milliseconds }) =>
        (milliseconds.gradient + milliseconds.update) / 1000
      );
    const [, ...settled] = own;
    return own.length === 0 ? [] : [{
      phase: index,
      frozenLayers,
      secondsPerStep: median(settled.length > 0 ? settled : own),
    }];
  });
}

/** Steps of a phase, but for its first, that tell what one takes. */
const TELLING_STEPS = 10;

/** Part of all steps that may lie in phases of fewer. */
const SHORT_PART = 0.1;

/**
 * True if there are enough steps of each phase to say what freezing saved. A few steps vary by more
 * than that.
 *
 * @param steps Number of recorded steps of each phase, the first phase first.
 * @returns True if the first phase has enough, and those that have not are a tenth of all
 * steps at most.
 */
export function tellsSaving(steps: readonly number[]): boolean {
  const isShort = (count: number): boolean => count <= TELLING_STEPS;
  const sum = (counts: readonly number[]): number =>
    counts.reduce((all, count) => all + count, 0);
  const [first = 0] = steps;
  return !isShort(first) &&
    sum(steps.filter(isShort)) <= SHORT_PART * sum(steps);
}

/**
 * Part of the compute time that freezing saved, against a run whose steps all
 * cost what those of the first phase cost.
 *
 * @param done Steps of the run so far; by default all.
 * @returns In `(−∞, 1)`; `NaN` if a phase that was entered was not measured.
 */
export function measuredSaving(
  plan: Pick<FreezePlan<unknown>, "phases" | "totalSteps">,
  times: readonly PhaseTime[],
  done: number = plan.totalSteps,
): number {
  const cost = new Map(
    times.map(({ phase, secondsPerStep }) => [phase, secondsPerStep]),
  );
  return savedPart(plan, ({ index }) => cost.get(index) ?? NaN, done);
}
