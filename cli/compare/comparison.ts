/** Methods beside each other, over all their seeds. */
import { meanInterval, type MeanOfSeveral } from "../../train/mod.ts";
import { type Judge, sortedJudges } from "./experiment.ts";
import { UNTRAINED } from "./methods.ts";
import {
  type Clock,
  secondsOf,
  steadySeconds,
  stepTimes,
} from "./run_times.ts";
import { saysSomething, type TrialResult } from "./trial_folder.ts";

/** A method as it is compared. */
export interface NamedMethod {
  readonly name: string;
  readonly title: string;
  /** The method at its cost that freezes nothing; `null` where there is none. */
  readonly control: string | null;
}

/** What a judge found, accuracies as parts in `[0, 1]`. */
export interface JudgedMethod {
  /** Images whose class has the highest score. */
  readonly top1: MeanOfSeveral;
  /** Share of images whose class is among the five highest scores. */
  readonly top5: MeanOfSeveral;
  /**
   * Top-1 minus that of the first method, seed by seed; `null` without a seed in which
   * both say something, and of the first method itself.
   */
  readonly gain: MeanOfSeveral | null;
  /** The same against the method that costs the same and freezes nothing. */
  readonly gainAtCost: MeanOfSeveral | null;
  /** Seeds whose judgement is meaningless: it diverged, or does not beat the most frequent class. */
  readonly void: number;
  /** Share of the validation images that are of the most frequent class, if that is known. */
  readonly mostFrequent: number | null;
}

/** One seed of a method. */
export interface MethodPoint {
  readonly seed: number;
  /** Operations as a part of those of the first method; `null` without pre-training. */
  readonly cost: number | null;
  /** Measured time as a part of that of the first method. */
  readonly time: number | null;
  /** Top-1 by judge. */
  readonly top1: Readonly<Partial<Record<Judge, number>>>;
}

/** A method over all its seeds. */
export interface ComparedMethod extends NamedMethod {
  /** Its epochs; 0 without pre-training. */
  readonly epochs: number;
  /** Operations as a part of those of the first method. */
  readonly cost: number | null;
  /** Part of the operations of its own unfrozen run that it saves, by the cost model. */
  readonly savedPredicted: number | null;
  /** Seconds that its steps take; `null` without pre-training. */
  readonly seconds: MeanOfSeveral | null;
  /** Measured time as a part of that of the first method, seed by seed. */
  readonly time: MeanOfSeveral | null;
  readonly judged: Readonly<Partial<Record<Judge, JudgedMethod>>>;
  /** Loss of the last stage over the last epoch. */
  readonly loss: MeanOfSeveral | null;
  readonly frozenLayers: readonly number[];
  /** Seconds of a step in each phase, mean over the seeds. */
  readonly secondsPerStep: readonly number[];
  readonly points: readonly MethodPoint[];
}

/** All trials of a comparison, for those that look at some of them. */
interface Compared {
  readonly trials: readonly TrialResult[];
  readonly first: string;
  readonly clock: Clock;
}

type Pretrained = NonNullable<TrialResult["pretrain"]>;

const meanOrNull = (values: readonly number[]): MeanOfSeveral | null =>
  values.length === 0 ? null : meanInterval(values);

/** The trial of another method with the same seed. */
const partnerOf = (
  { trials }: Compared,
  { seed }: TrialResult,
  method: string,
): TrialResult | undefined =>
  trials.find((trial) => trial.method === method && trial.seed === seed);

/** Differences of top-1 against another method, of the seeds in which both say something. */
function gainOn(
  all: Compared,
  own: readonly TrialResult[],
  judge: Judge,
  other: string | null,
): MeanOfSeveral | null {
  if (other === null || own[0]?.method === other) return null;
  return meanOrNull(own.flatMap((trial) => {
    const [mine, theirs] = [trial, partnerOf(all, trial, other)]
      .map((one) => one?.judged[judge]);
    return mine && theirs && saysSomething(mine) && saysSomething(theirs)
      ? [mine.top1 - theirs.top1]
      : [];
  }));
}

function judgedMethod(
  all: Compared,
  own: readonly TrialResult[],
  control: string | null,
  judge: Judge,
): JudgedMethod | null {
  const scores = own.flatMap(({ judged }) => judged[judge] ?? []);
  return scores.length === 0 ? null : {
    top1: meanInterval(scores.map(({ top1 }) => top1)),
    top5: meanInterval(scores.map(({ top5 }) => top5)),
    gain: gainOn(all, own, judge, all.first),
    gainAtCost: gainOn(all, own, judge, control),
    void: scores.filter((one) => !saysSomething(one)).length,
    mostFrequent: scores[0]?.mostFrequent ?? null,
  };
}

/** Operations and time of a trial as parts of those of the first method with its seed. */
function partsOfFirst(
  all: Compared,
  trial: TrialResult,
): Pick<MethodPoint, "cost" | "time"> {
  const first = partnerOf(all, trial, all.first)?.pretrain;
  const { pretrain } = trial;
  if (!first || pretrain === null) return { cost: null, time: null };
  const runs = all.trials.flatMap((one) => one.pretrain ?? []);
  const seconds = (run: Pretrained) => steadySeconds(run, runs, all.clock);
  return {
    cost: pretrain.flops / first.flops,
    time: seconds(pretrain) / seconds(first),
  };
}

const pointOf = (all: Compared, trial: TrialResult): MethodPoint => ({
  seed: trial.seed,
  ...partsOfFirst(all, trial),
  top1: Object.fromEntries(
    Object.entries(trial.judged)
      .map(([judge, scores]) => [judge, scores?.top1]),
  ),
});

/** Means of what pre-trainings of one method took. */
function pretrainedAs(
  runs: readonly Pretrained[],
  clock: Clock,
): Pick<
  ComparedMethod,
  | "epochs"
  | "savedPredicted"
  | "seconds"
  | "loss"
  | "frozenLayers"
  | "secondsPerStep"
> {
  const [first] = runs;
  const frozenLayers = first?.frozenLayers ?? [];
  return {
    epochs: first?.epochs ?? 0,
    savedPredicted: first?.savingPredicted ?? null,
    seconds: meanOrNull(runs.map((run) => secondsOf(run, clock))),
    loss: meanOrNull(runs.map(({ loss }) => loss)),
    frozenLayers,
    secondsPerStep: frozenLayers.map((_, phase) =>
      meanInterval(runs.map((run) => stepTimes(run, clock)[phase] ?? NaN)).mean
    ),
  };
}

function comparedMethod(all: Compared, method: NamedMethod): ComparedMethod[] {
  const own = all.trials.filter((trial) => trial.method === method.name);
  if (own.length === 0) return [];
  const points = own.map((trial) => pointOf(all, trial));
  const judges = sortedJudges(
    own.flatMap(({ judged }) => Object.keys(judged) as Judge[]),
  );
  const judged = judges.flatMap((judge) => {
    const found = judgedMethod(all, own, method.control, judge);
    return found === null ? [] : [[judge, found] as const];
  });
  const { name, title, control } = method;
  return [{
    ...{ name, title, control },
    ...pretrainedAs(own.flatMap(({ pretrain }) => pretrain ?? []), all.clock),
    cost: points.find(({ cost }) => cost !== null)?.cost ?? null,
    time: meanOrNull(points.flatMap(({ time }) => time ?? [])),
    judged: Object.fromEntries(judged),
    points,
  }];
}

/**
 * Puts finished trials beside each other. Gains are against the first method and against
 * the one that costs the same, each in the same seed, so that what a seed does to all
 * methods is not in them.
 *
 * @param methods The methods, the one that all are measured against first.
 * @param clock Clock of a step: by the wall on a graphics card, by the
 * processor's clock where it computes itself.
 * @returns The methods that have a finished trial, in their order, and the untrained
 * encoder behind them.
 */
export function compared(
  trials: readonly TrialResult[],
  methods: readonly NamedMethod[],
  clock: Clock,
): readonly ComparedMethod[] {
  const untrained = {
    name: UNTRAINED,
    title: "untrained encoder",
    control: null,
  };
  const all = { trials, clock, first: methods[0]?.name ?? "" };
  return [...methods, untrained]
    .flatMap((method) => comparedMethod(all, method));
}

/** Judges of the methods of a comparison, in their order. */
export const judgesOf = (rows: readonly ComparedMethod[]): readonly Judge[] =>
  sortedJudges(rows.flatMap(({ judged }) => Object.keys(judged) as Judge[]));
