/** Freeze times, rates and length of a run: their faults, and a plan of given layers. */
import type { FreezeTime } from "../brand.ts";
import { type Fault, inconsistent } from "../result.ts";
import { freezeStepAt } from "../schedule/annealing.ts";
import {
  FREEZE_EXPONENTS,
  type FreezeScale,
  type FreezeTimes,
  freezeTimes,
  scaled,
} from "../schedule/freeze_time.ts";
import { unfrozenSchedule } from "./layers.ts";
import {
  type FreezePlan,
  phasesOf,
  type PlanConfig,
  type PlanLayer,
  type PlanStage,
} from "./plan.ts";

/** Freeze times, rates and length of a run, whatever the model. */
export interface FreezeSchedule
  extends Pick<PlanConfig, "rate" | "totalSteps" | "warmupSteps"> {
  /** First freeze, and how freeze times are bent. */
  readonly freeze: FreezeTimes;
}

const warmupWithinRun = (config: FreezeSchedule): readonly Fault[] =>
  inconsistent(
    config.warmupSteps < config.totalSteps,
    "warmupSteps",
    config.warmupSteps,
    `less than ${config.totalSteps} (totalSteps)`,
  );

/** Time before scaling above which a layer freezes after the warm-up. */
export function leastT0(
  { rate, freeze, warmupSteps, totalSteps }: FreezeSchedule,
): number {
  return rate.warmup === "perLayer"
    ? (warmupSteps / totalSteps) ** (1 / FREEZE_EXPONENTS[freeze.scale])
    : 0;
}

/** Values of `t0` that a message names: ten thousandths. */
const NAMED_T0 = 10_000;

/** First step at which the first layer is frozen, for some `t0`. */
const firstFreezeAt =
  ({ freeze: { scale }, rate, ...span }: FreezeSchedule) =>
  (t0: number): number =>
    freezeStepAt(rate.warmup, span)(scaled(scale)(t0) as FreezeTime);

/**
 * The least `t0` that a plan can have, rounded up to a number that can be typed.
 *
 * @returns A multiple of 0.0001 in `(0, 1]` with which the first layer freezes after the
 * warm-up; with one less it does not.
 */
export function leastTypedT0(config: FreezeSchedule): number {
  const freezesAt = firstFreezeAt(config);
  let part = Math.max(1, Math.floor(NAMED_T0 * leastT0(config)) - 1);
  while (
    part < NAMED_T0 && freezesAt(part / NAMED_T0) <= config.warmupSteps
  ) part++;
  return part / NAMED_T0;
}

const POWERS: Readonly<Record<FreezeScale, string>> = {
  linear: "",
  squared: "²",
  cubic: "³",
};

/** The freeze time that a `t0` means, as the sum that it is: `0.5³ = 0.125`. */
function freezeTimeText({ t0, scale }: FreezeSchedule["freeze"]): string {
  const time = Number(scaled(scale)(t0).toPrecision(3));
  return scale === "linear" ? `${time}` : `${t0}${POWERS[scale]} = ${time}`;
}

/** What a first layer that freezes within the warm-up means, and what would be right. */
function earlyFreeze(config: FreezeSchedule, step: number): Fault {
  const { freeze, totalSteps, warmupSteps } = config;
  const means = `the first layer would freeze at ${
    freezeTimeText(freeze)
  } of the run, at step ${step} of ${totalSteps}`;
  return {
    _tag: "Inconsistent",
    path: freeze.times === undefined ? "freeze.t0" : "freeze.times[0]",
    found: freeze.t0,
    wanted: `at least ${
      leastTypedT0(config)
    }: ${means}, and the warm-up lasts until step ${warmupSteps}`,
  };
}

/** A first layer that freezes within the warm-up. */
const freezesAfterWarmup = (
  config: FreezeSchedule,
  layers: number,
): readonly Fault[] => {
  const { freeze, totalSteps, warmupSteps } = config;
  if (layers < 2 || warmupSteps >= totalSteps) return [];
  const step = firstFreezeAt(config)(freeze.t0);
  return step > warmupSteps ? [] : [earlyFreeze(config, step)];
};

/** A freeze time for every layer, where they are listed. */
const timeOfEach = (
  { freeze: { times } }: FreezeSchedule,
  layers: number,
): readonly Fault[] =>
  inconsistent(
    times === undefined || times.length === layers,
    "freeze.times",
    times?.length,
    `${layers} times, one for each layer from shallow to deep`,
  );

const finiteRates = (
  config: FreezeSchedule,
  layers: number,
): readonly Fault[] => {
  const { baseRate, mode } = config.rate;
  const [earliest] = freezeTimes(config.freeze, layers);
  return mode._tag === "Uniform" || earliest === undefined ||
      Number.isFinite(baseRate / earliest ** mode.power)
    ? []
    : [{
      _tag: "Inconsistent",
      path: "rate.mode.power",
      found: mode.power,
      wanted: `a power that keeps ${baseRate} / ${earliest}^power finite`,
    }];
};

/**
 * Faults of a schedule whose fields are each in their range: a warm-up as long
 * as the run, a first layer that freezes within it, rates that are not finite, more or
 * fewer listed freeze times than layers.
 */
export function scheduleFaults(
  config: FreezeSchedule,
  layers: number,
): readonly Fault[] {
  return [
    ...warmupWithinRun(config),
    ...freezesAfterWarmup(config, layers),
    ...finiteRates(config, layers),
    ...timeOfEach(config, layers),
  ];
}

/** A plan from its layers and stages. */
export function planWith<Config extends FreezeSchedule>(
  config: Config,
  layers: readonly PlanLayer[],
  stages: readonly PlanStage[],
): FreezePlan<Config> {
  const { totalSteps, warmupSteps } = config;
  return {
    version: 1,
    config,
    totalSteps,
    warmupSteps,
    layers,
    stages,
    unfrozen: unfrozenSchedule(config.rate, config),
    phases: phasesOf(layers, stages, totalSteps),
  };
}
