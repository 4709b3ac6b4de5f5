/** Trials: layers that freeze, how long it goes on, what it costs and what it is judged by. */
import {
  type FreezeCell,
  type FreezeGrid,
  type FreezePlan,
  phaseFlops,
  stretchFlops,
  withFreezeSteps,
} from "../../core/mod.ts";

/** Steps by whose losses a trial is judged. */
export interface JudgedSteps {
  /** The first of them. */
  readonly from: number;
  /** The step behind the last. */
  readonly to: number;
}

/** A part of the run that is taken again with some layers frozen. */
export interface Trial extends JudgedSteps {
  /** A name that is fit for a file. */
  readonly name: string;
  /** For each layer the first step at which it is frozen. */
  readonly freezeSteps: readonly number[];
  /** Step at which it leaves the run. */
  readonly start: number;
}

/** Part of the run that a trial is judged by, at its end. */
const JUDGED = 0.1;

/**
 * The last steps of a trial: a tenth of the run, but no more than half of the trial.
 *
 * @param horizon Part of the run for which it goes on.
 */
export function judgedSteps(
  start: number,
  totalSteps: number,
  horizon: number,
): JudgedSteps {
  const to = Math.min(totalSteps, start + Math.ceil(horizon * totalSteps));
  const most = Math.ceil((to - start) / 2);
  const steps = Math.max(1, Math.min(Math.round(JUDGED * totalSteps), most));
  return { from: to - steps, to };
}

/** The trial in which the first layers freeze at a step. */
export function cellTrial(
  { layers, totalSteps }: FreezePlan,
  cell: FreezeCell,
  horizon: number,
): Trial {
  return {
    name: `layers-${cell.layers}-step-${cell.step}`,
    freezeSteps: layers.map(({ index }) =>
      index < cell.layers ? cell.step : totalSteps
    ),
    start: cell.step,
    ...judgedSteps(cell.step, totalSteps, horizon),
  };
}

/** The trial in which all layers freeze as is proposed, to the end of the run. */
export function togetherTrial(
  { totalSteps }: FreezePlan,
  freezeSteps: readonly number[],
): Trial {
  const start = Math.min(...freezeSteps);
  return {
    ...{ name: "together", freezeSteps, start },
    ...judgedSteps(start, totalSteps, 1),
  };
}

/**
 * Cost of a trial, in steps of the unfrozen run.
 *
 * @param plan The plan of the run.
 */
export function trialCost(
  plan: FreezePlan,
): (trial: Pick<Trial, "freezeSteps" | "start" | "to">) => number {
  const step = phaseFlops(plan)(plan.phases[0]);
  return ({ freezeSteps, start, to }) =>
    stretchFlops(withFreezeSteps(plan, freezeSteps), start, to) / step;
}

/** All trials of a grid, those of few layers first. */
export const cellsOf = ({ layers, steps }: FreezeGrid): readonly FreezeCell[] =>
  layers.flatMap((count) => steps.map((step) => ({ layers: count, step })));

/**
 * The most that a walk along the edge of a grid can cost: from each trial it goes on to the
 * next step or to the next number of layers.
 *
 * @param costOf Cost of a trial; 0 of one that is done.
 */
export function edgeCost(
  { layers, steps }: FreezeGrid,
  costOf: (cell: FreezeCell) => number,
): number {
  let below = steps.map(() => 0);
  for (const count of layers.toReversed()) {
    let after = 0;
    below = steps.map((_, i) => i).reverse().map((i) => {
      const cell = { layers: count, step: steps[i] ?? NaN };
      after = costOf(cell) + Math.max(after, below[i] ?? 0);
      return after;
    }).reverse();
  }
  return below[0] ?? 0;
}
