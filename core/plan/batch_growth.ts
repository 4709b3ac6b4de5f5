/**
 * Steps that take more images as they get cheaper: how many micro-batches each takes, and
 * what replaces the rates of the steps that it stands for.
 *
 * The clock of a plan stays what it is, its own steps: freeze times, curricula, epochs and
 * the order of images do not move. Only where gradients are applied does.
 */
import type { LearningRate } from "../brand.ts";
import type { TrainingConfig } from "../config/parts.ts";
import type { FreezePlan, Phase } from "./plan.ts";
import { ratesAt, type StepRates } from "./rates.ts";

/** A part of an epoch in one phase, and the steps that it is cut into. */
export interface GrownStretch {
  /** Index of its phase in the plan. */
  readonly phase: number;
  /** Its epoch, from 0. */
  readonly epoch: number;
  /** Its first micro-batch in the epoch. */
  readonly first: number;
  /** Micro-batches of it. */
  readonly microBatches: number;
  /** Number of its first step in the run. */
  readonly step: number;
  /** Steps that it is cut into, as equal as can be. */
  readonly steps: number;
}

/** The steps of a run whose batch grows. */
export interface BatchGrowth {
  /** Stretches in order; together they are the whole run. */
  readonly stretches: readonly [GrownStretch, ...GrownStretch[]];
  /** Steps of the run, no more than those of its plan. */
  readonly totalSteps: number;
}

/** A step of such a run. */
export interface GrownStep {
  /** Index of its phase in the plan. */
  readonly phase: number;
  /** Its epoch, from 0. */
  readonly epoch: number;
  /** Its first micro-batch in the epoch. */
  readonly first: number;
  /** Micro-batches of it, at least those of a step of the plan. */
  readonly microBatches: number;
}

/** A cost a hair above another is the same: costs are sums of large numbers. */
const ROUNDING = 1e-12;

/** Parts of the epochs, cut where phases begin, in steps of the plan. */
function stretchesOf(
  { phases, totalSteps }: Pick<FreezePlan, "phases" | "totalSteps">,
  epochs: number,
): readonly (
  & Pick<Phase, "from" | "to">
  & Pick<GrownStretch, "phase" | "epoch">
)[] {
  const length = totalSteps / epochs;
  return phases.flatMap(({ index: phase, from, to }) => {
    const first = Math.floor(from / length);
    const count = Math.ceil(to / length) - first;
    return Array.from({ length: count }, (_, i) => {
      const epoch = first + i;
      return {
        ...{ phase, epoch },
        from: Math.max(from, epoch * length),
        to: Math.min(to, (epoch + 1) * length),
      };
    });
  });
}

/**
 * Grows the batch as phases get cheaper, so that no step costs more than one of the first
 * phase. Every micro-batch of the plan is seen once and in its order; no step reaches
 * beyond its epoch or its phase.
 *
 * A phase whose micro-batches cost `c` takes at most `⌊accumIter · c₀ / c⌋` of them in a
 * step, and each part of an epoch in it is cut into as few steps as that allows, of equal
 * size but for one micro-batch.
 *
 * @param plan The plan.
 * @param training Its epochs, and micro-batches of a step before anything freezes.
 * @param costOf Cost of a micro-batch in a phase, `> 0`, for example `phaseFlops(plan)`.
 *
 * @example Half as dear in its second half, a run of eight steps has six
 * ```ts
 * import { batchGrowth } from "./batch_growth.ts";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const phase = { frozenLayers: 0, trainableLayers: [], liveStages: [0] };
 * const phases = [
 *   { ...phase, index: 0, from: 0, to: 4 },
 *   { ...phase, index: 1, from: 4, to: 8 },
 * ] as const;
 * const { totalSteps } = batchGrowth(
 *   { phases, totalSteps: 8 },
 *   { epochs: 2, accumIter: 1 },
 *   ({ index }) => index === 0 ? 2 : 1,
 * );
 *
 * deepStrictEqual(totalSteps, 4 + 2);
 * ```
 */
export function batchGrowth(
  plan: Pick<FreezePlan, "phases" | "totalSteps">,
  { epochs, accumIter }: Pick<TrainingConfig, "epochs" | "accumIter">,
  costOf: (phase: Phase) => number,
): BatchGrowth {
  const length = plan.totalSteps / epochs;
  const [first] = plan.phases;
  const most = plan.phases.map((phase) => {
    const room = accumIter * costOf(first) / costOf(phase);
    return Math.max(accumIter, Math.floor(room * (1 + ROUNDING)));
  });
  let step = 0;
  const stretches = stretchesOf(plan, epochs).map(
    ({ phase, epoch, from, to }): GrownStretch => {
      const microBatches = (to - from) * accumIter;
      const steps = Math.ceil(microBatches / (most[phase] ?? accumIter));
      const begins = step;
      step += steps;
      return {
        ...{ phase, epoch, microBatches, steps },
        first: (from - epoch * length) * accumIter,
        step: begins,
      };
    },
  );
  const [head, ...others] = stretches;
  return { stretches: [head!, ...others], totalSteps: step };
}

/**
 * The micro-batches of a step.
 *
 * @returns A function from a step of the grown run, in `[0, totalSteps)`.
 */
export function grownStepAt(
  { stretches }: BatchGrowth,
): (step: number) => GrownStep {
  const [head, ...others] = stretches;
  return (step) => {
    const stretch = others.findLast((one) => one.step <= step) ?? head;
    const { phase, epoch, first, microBatches: all, steps } = stretch;
    const at = (place: number): number => Math.floor(place * all / steps);
    const place = step - stretch.step;
    const [from, to] = [at(place), at(place + 1)];
    return { phase, epoch, first: first + from, microBatches: to - from };
  };
}

/** A sum of rates, times a factor. */
const rateSum = (rates: readonly LearningRate[], factor: number) =>
  rates.reduce((sum, rate) => sum + factor * rate, 0) as LearningRate;

/**
 * Learning rates of a grown run, by the linear rule: a step has the sum of the rates of the
 * steps that it stands for, so that the area under every curve stays what it was.
 *
 * @param plan The plan.
 * @param growth Its growth.
 * @param training The epochs and micro-batches that it was grown with.
 * @returns A function from a step of the grown run to the rates.
 *
 * @see Goyal et al., Accurate, Large Minibatch SGD, 2017.
 */
export function grownRatesAt(
  plan: Pick<FreezePlan, "layers" | "unfrozen" | "totalSteps">,
  growth: BatchGrowth,
  { epochs, accumIter }: Pick<TrainingConfig, "epochs" | "accumIter">,
): (step: number) => StepRates {
  const rates = ratesAt(plan);
  const length = plan.totalSteps / epochs;
  const stepAt = grownStepAt(growth);
  return (step) => {
    const { epoch, first, microBatches } = stepAt(step);
    const replaced = Array.from(
      { length: microBatches },
      (_, i) => rates(epoch * length + Math.floor((first + i) / accumIter)),
    );
    const sum = (rateOf: (rates: StepRates) => LearningRate) =>
      rateSum(replaced.map(rateOf), 1 / accumIter);
    return {
      layers: plan.layers.map((_, i) => sum(({ layers }) => layers[i]!)),
      unfrozen: sum(({ unfrozen }) => unfrozen),
    };
  };
}
