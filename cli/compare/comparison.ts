/** Methods beside each other, over all their seeds. */
import type { Objective } from "../../core/mod.ts";
import {
  type MethodPowers,
  METHODS,
  titleOf,
  type TrialMethod,
  UNTRAINED,
} from "./methods.ts";
import { saysSomething, type TrialResult } from "./experiment_folder.ts";

/** The clock that measures steps. */
export type Clock = "wall" | "processor";

/** Values of several seeds. */
export interface Spread {
  readonly mean: number;
  /** Their sample deviation, with `n − 1`; `null` of a single one. */
  readonly deviation: number | null;
}

/** Accuracies as parts in `[0, 1]`. */
export interface EvaluatedMethod {
  /** Images whose class has the highest score. */
  readonly top1: Spread;
  /** Share of images whose class is among the five highest scores. */
  readonly top5: Spread;
  /**
   * Loss of `top1` against the baseline of the same seed; `null` without one, or
   * where one of the two says nothing of its encoder.
   */
  readonly drop: Spread | null;
  /** Seeds whose evaluation is meaningless: it diverged, or does not beat the most frequent class. */
  readonly void: number;
  /** Share of the validation images that are of the most frequent class, if that is known. */
  readonly mostFrequent: number | null;
}

/** One seed of a method. */
export interface MethodPoint {
  readonly seed: number;
  /** Part of the baseline's time of the same seed that is saved, in unfrozen steps; `null` without a baseline. */
  readonly saved: number | null;
  /** Top-1 after fine-tuning. */
  readonly finetune: number;
  /** Top-1 of the linear classifier. */
  readonly probe: number;
}

/** A method over all its seeds. */
export interface ComparedMethod {
  readonly method: TrialMethod;
  readonly title: string;
  /** Its epochs; 0 without pre-training. */
  readonly epochs: number;
  /** Seconds that its steps take: steps of a phase times the median of the phase; `null` without pre-training. */
  readonly seconds: Spread | null;
  /**
   * Part of the baseline's that it saves, seed by seed, with the time of a run's own
   * unfrozen step as the unit: a machine that is slower in one run than in another
   * changes nothing. `null` without a baseline.
   */
  readonly saved: Spread | null;
  /** Part of the operations of its own unfrozen run that it saves, by the cost model. */
  readonly savedPredicted: number | null;
  readonly finetune: EvaluatedMethod;
  readonly probe: EvaluatedMethod;
  /** Loss of the last stage over the last epoch. */
  readonly loss: Spread | null;
  readonly frozenLayers: readonly number[];
  /** Seconds of a step in each phase, mean over the seeds. */
  readonly secondsPerStep: readonly number[];
  readonly points: readonly MethodPoint[];
}

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * Mean and sample deviation `√(Σ(x − mean)² / (n − 1))`.
 *
 * @param values At least one.
 */
export function spreadOf(values: readonly number[]): Spread {
  const mean = meanOf(values);
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const deviation = values.length > 1
    ? Math.sqrt(squares / (values.length - 1))
    : null;
  return { mean, deviation };
}

/** A finished pre-training. */
type Pretrained = NonNullable<TrialResult["pretrain"]>;

const stepTimes = (pretrain: Pretrained, clock: Clock): readonly number[] =>
  clock === "processor"
    ? pretrain.processorSecondsPerStep
    : pretrain.wallSecondsPerStep;

/** Seconds that the steps of a pre-training take. */
function secondsOf(pretrain: Pretrained, clock: Clock): number {
  const times = stepTimes(pretrain, clock);
  return pretrain.phaseSteps.reduce(
    (sum, steps, phase) => sum + steps * (times[phase] ?? NaN),
    0,
  );
}

/** The same in units of its own unfrozen step. */
function unfrozenSteps(pretrain: Pretrained, clock: Clock): number {
  const [first = NaN] = stepTimes(pretrain, clock);
  return secondsOf(pretrain, clock) / first;
}

type BaselineOf = (trial: TrialResult) => TrialResult | undefined;

const spreadOrNull = (values: readonly number[]): Spread | null =>
  values.length === 0 ? null : spreadOf(values);

function evaluated(
  trials: readonly TrialResult[],
  part: "finetune" | "probe",
  baselineOf: BaselineOf,
): EvaluatedMethod {
  return {
    top1: spreadOf(trials.map((trial) => trial[part].top1)),
    top5: spreadOf(trials.map((trial) => trial[part].top5)),
    drop: spreadOrNull(trials.flatMap((trial) => {
      const baseline = baselineOf(trial)?.[part];
      return baseline === undefined ||
          ![baseline, trial[part]].every(saysSomething)
        ? []
        : [baseline.top1 - trial[part].top1];
    })),
    void: trials.filter((trial) => !saysSomething(trial[part])).length,
    mostFrequent: trials[0]?.[part].mostFrequent ?? null,
  };
}

function savedOf(
  trial: TrialResult,
  baselineOf: BaselineOf,
  clock: Clock,
): number | null {
  const baseline = baselineOf(trial)?.pretrain;
  const { pretrain } = trial;
  return !baseline || pretrain === null
    ? null
    : 1 - unfrozenSteps(pretrain, clock) / unfrozenSteps(baseline, clock);
}

function comparedMethod(
  method: TrialMethod,
  trials: readonly [TrialResult, ...TrialResult[]],
  title: string,
  baselineOf: BaselineOf,
  clock: Clock,
): ComparedMethod {
  const pretrained = trials.flatMap(({ pretrain }) => pretrain ?? []);
  const [first] = pretrained;
  const saved = trials.map((trial) => savedOf(trial, baselineOf, clock));
  return {
    method,
    title,
    epochs: first?.epochs ?? 0,
    seconds: spreadOrNull(pretrained.map((one) => secondsOf(one, clock))),
    saved: spreadOrNull(saved.flatMap((part) => part ?? [])),
    savedPredicted: first?.savingPredicted ?? null,
    finetune: evaluated(trials, "finetune", baselineOf),
    probe: evaluated(trials, "probe", baselineOf),
    loss: spreadOrNull(pretrained.map(({ loss }) => loss)),
    frozenLayers: first?.frozenLayers ?? [],
    secondsPerStep: (first?.frozenLayers ?? []).map((_, phase) =>
      meanOf(pretrained.map((one) => stepTimes(one, clock)[phase] ?? NaN))
    ),
    points: trials.map(({ seed, finetune, probe }, i) => ({
      seed,
      saved: saved[i] ?? null,
      finetune: finetune.top1,
      probe: probe.top1,
    })),
  };
}

/**
 * Puts finished trials beside each other. Drops and savings are against the baseline
 * `localmim` of the same seed, so that what a seed does to all methods is not in them.
 *
 * @param clock Clock of a step: by the wall on a graphics card, by the
 * processor's clock where it computes itself.
 * @param objective What all methods learn by, for their names.
 * @returns The methods that have a finished trial, in the order of `METHODS`, and the
 * untrained encoder behind them.
 */
export function compared(
  trials: readonly TrialResult[],
  powers: MethodPowers,
  clock: Clock,
  objective: Objective = "localMim",
): readonly ComparedMethod[] {
  const baselines = trials.filter(({ method }) => method === METHODS[0]);
  const baselineOf: BaselineOf = ({ seed }) =>
    baselines.find((baseline) => baseline.seed === seed);
  const all: readonly TrialMethod[] = [...METHODS, UNTRAINED];
  return all.flatMap((method) => {
    const [first, ...others] = trials.filter((trial) =>
      trial.method === method
    );
    const title = titleOf(method, powers, objective);
    return first === undefined ? [] : [
      comparedMethod(method, [first, ...others], title, baselineOf, clock),
    ];
  });
}
