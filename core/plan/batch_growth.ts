/**
 * A batch that grows as phases get cheaper: the optimizer moves the parameters after several
 * steps of the plan at once. The clock stays what it is, so freeze times, epochs and the
 * order of the images do not move.
 */
import type { LearningRate } from "../brand.ts";
import { memoized } from "../memo.ts";
import type { FreezePlan, Phase, Phases } from "./plan.ts";
import { ratesAt, type StepRates } from "./rates.ts";

/** Steps of a plan after which the parameters move at once. */
export interface Stride {
  /** The first. */
  readonly from: number;
  /** The one behind the last. */
  readonly to: number;
  /** Number of this update in the run, from 0. */
  readonly update: number;
}

/**
 * Phases with as many steps at once as cost what one of the first phase costs.
 *
 * @param costOf Cost of a step of a phase, above 0.
 */
export function grownPhases(
  phases: Phases,
  costOf: (phase: Phase) => number,
): Phases {
  const [first, ...others] = phases;
  const grown = (phase: Phase): Phase => {
    const stepsAtOnce = costOf(first) / costOf(phase);
    return stepsAtOnce > 1 ? { ...phase, stepsAtOnce } : phase;
  };
  return [first, ...others.map(grown)];
}

/** Part of an epoch in one phase, and the updates that it is cut into. */
interface Stretch {
  readonly from: number;
  readonly steps: number;
  readonly updates: number;
  /** Number of its first update in the run. */
  readonly first: number;
}

/** Parts of epochs, cut where phases begin. */
const stretchesOf = memoized((
  { phases, totalSteps }: Pick<FreezePlan<unknown>, "phases" | "totalSteps">,
  epochSteps: number,
): readonly Stretch[] => {
  const starts = Array.from(
    { length: Math.ceil(totalSteps / epochSteps) },
    (_, epoch) => epoch * epochSteps,
  );
  const cuts = [...new Set([...starts, ...phases.map(({ from }) => from)])]
    .toSorted((a, b) => a - b);
  let first = 0;
  return cuts.map((from, i): Stretch => {
    const steps = (cuts[i + 1] ?? totalSteps) - from;
    const { stepsAtOnce = 1 } = phases.findLast((one) => one.from <= from) ??
      phases[0];
    const updates = Math.max(1, Math.round(steps / stepsAtOnce));
    const stretch = { from, steps, updates, first };
    first += updates;
    return stretch;
  });
});

/**
 * The steps that are taken at once with one of them. Each part of an epoch in a phase is cut
 * into strides as equal as can be, so that an update costs what one of the first phase
 * costs on the average. None reaches beyond its epoch or its phase.
 *
 * @param epochSteps Steps of an epoch.
 * @returns A function from a step in `[0, totalSteps)`.
 *
 * @example Half as dear in its second half, a run of eight steps has six updates
 * ```ts
 * import { strideAt } from "./batch_growth.ts";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const phase = { frozenLayers: 0, trainableLayers: [], liveStages: [0] };
 * const phases = [
 *   { ...phase, index: 0, from: 0, to: 4 },
 *   { ...phase, index: 1, from: 4, to: 8, stepsAtOnce: 2 },
 * ] as const;
 * const stride = strideAt({ phases, totalSteps: 8 }, 4);
 *
 * deepStrictEqual(stride(3), { from: 3, to: 4, update: 3 });
 * deepStrictEqual(stride(6), { from: 6, to: 8, update: 5 });
 * ```
 */
export function strideAt(
  plan: Pick<FreezePlan<unknown>, "phases" | "totalSteps">,
  epochSteps: number,
): (step: number) => Stride {
  if (plan.phases.every(({ stepsAtOnce = 1 }) => stepsAtOnce === 1)) {
    return (step) => ({ from: step, to: step + 1, update: step });
  }
  const stretches = stretchesOf(plan, epochSteps);
  return (step) => {
    const { from, steps, updates, first } =
      stretches.findLast((one) => one.from <= step) ?? stretches[0]!;
    const k = Math.ceil((step - from + 1) * updates / steps) - 1;
    const start = (n: number): number => from + Math.floor(n * steps / updates);
    return { from: start(k), to: start(k + 1), update: first + k };
  };
}

/**
 * Learning rates of an update, by the linear rule: the sum of those of its steps, so that
 * the area under every curve stays what it was.
 *
 * @see Goyal et al., Accurate, Large Minibatch SGD, 2017.
 */
export function strideRates(
  plan: Pick<FreezePlan<unknown>, "layers" | "unfrozen">,
): (stride: Pick<Stride, "from" | "to">) => StepRates {
  const rates = ratesAt(plan);
  const sum = (a: LearningRate, b: LearningRate) => a + b as LearningRate;
  return ({ from, to }) =>
    Array.from({ length: to - from }, (_, i) => rates(from + i)).reduce(
      (all, one) => ({
        layers: all.layers.map((rate, i) => sum(rate, one.layers[i] ?? rate)),
        unfrozen: sum(all.unfrozen, one.unfrozen),
      }),
    );
}
