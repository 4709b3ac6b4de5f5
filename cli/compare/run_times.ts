/** Times of pre-trainings, freed from how fast the machine was in each of them. */
import type { PretrainResult } from "./pretrain_result.ts";

/** The clock that measures steps. */
export type Clock = "wall" | "processor";

/** Seconds of a step in each phase. */
export const stepTimes = (
  run: PretrainResult,
  clock: Clock,
): readonly number[] =>
  clock === "processor" ? run.processorSecondsPerStep : run.wallSecondsPerStep;

/** Seconds that the steps of a run take: steps of a phase times the median of the phase. */
export function secondsOf(run: PretrainResult, clock: Clock): number {
  const times = stepTimes(run, clock);
  return run.phaseSteps.reduce(
    (sum, steps, phase) => sum + steps * (times[phase] ?? NaN),
    0,
  );
}

/** Operations of an unfrozen step: the same of runs of the same model and images. */
const stepFlops = (
  { flops, savingPredicted, steps }: PretrainResult,
): number => flops / (1 - savingPredicted) / steps;

/** True if the unfrozen steps of two runs are the same work. */
const isAlike = (a: PretrainResult, b: PretrainResult): boolean =>
  Math.abs(stepFlops(a) / stepFlops(b) - 1) < 1e-9;

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const [low = NaN, high = NaN] = [Math.floor(middle), Math.ceil(middle)]
    .map((place) => sorted[place]);
  return (low + high) / 2;
}

/**
 * The time of a run as a number of its own unfrozen steps times what such a step took in
 * all runs alike, at the median. A machine that is slower in one run than in another
 * changes nothing.
 *
 * @param all All runs that are compared.
 * @returns Seconds.
 */
export function steadySeconds(
  run: PretrainResult,
  all: readonly PretrainResult[],
  clock: Clock,
): number {
  const firstStep = (one: PretrainResult) => stepTimes(one, clock)[0] ?? NaN;
  const alike = all.filter((other) => isAlike(run, other));
  return secondsOf(run, clock) / firstStep(run) * median(alike.map(firstStep));
}
