/** The ways of pre-training that are compared. */
import {
  type Faults,
  type Objective,
  planOf,
  predictedSaving,
  type PretrainConfig,
  type Result,
  right,
  withT0,
} from "../../core/mod.ts";

/** Names of the methods, the one that others are measured against first. */
export const METHODS = [
  "localmim",
  "localmim-short",
  "freezeout",
  "unscaled",
  "sr-lr",
  "lr-lr",
  "sr-lr+lr-lr",
] as const;

/** A way of pre-training. */
export type Method = typeof METHODS[number];

/** An encoder with the first values of a seed, beside those that were pre-trained. */
export const UNTRAINED = "untrained";

/** Method of a trial, or none. */
export type TrialMethod = Method | typeof UNTRAINED;

/** Exponents of the methods that have one. */
export interface MethodPowers {
  readonly stagePower: number;
  /** Of the rates, where SR-LR is off (LR-LR). */
  readonly ratePower: number;
  readonly ratePowerWithStages: number;
}

/**
 * The exponents that were best in the thesis: SR-LR 0.8 (table 14), LR-LR 0.7 (table
 * 15), and 0.6 beside SR-LR (table 16).
 */
export const THESIS_POWERS: MethodPowers = {
  stagePower: 0.8,
  ratePower: 0.7,
  ratePowerWithStages: 0.6,
};

/** Methods whose rates go by stages: where there is one stage they are others again. */
const BY_STAGE: readonly Method[] = ["sr-lr", "sr-lr+lr-lr"];

/** Methods that differ, for a number of stages. */
export const methodsOf = (stages: number): readonly Method[] =>
  stages === 1
    ? METHODS.filter((method) => !BY_STAGE.includes(method))
    : METHODS;

/** What is trained where nothing freezes. */
const OBJECTIVE_TITLES: Readonly<Record<Objective, string>> = {
  localMim: "LocalMIM",
  mae: "MAE",
};

/** Name of a method in tables and pictures. */
export function titleOf(
  method: TrialMethod,
  powers: MethodPowers,
  objective: Objective = "localMim",
): string {
  const { stagePower, ratePower, ratePowerWithStages } = powers;
  const unfrozen = OBJECTIVE_TITLES[objective];
  switch (method) {
    case UNTRAINED:
      return "untrained encoder";
    case "localmim":
      return unfrozen;
    case "localmim-short":
      return `${unfrozen}, fewer epochs`;
    case "freezeout":
      return "FreezeOut";
    case "unscaled":
      return "FreezeOut, rates not scaled";
    case "sr-lr":
      return `FreezeOut, SR-LR ${stagePower}`;
    case "lr-lr":
      return `FreezeOut, LR-LR ${ratePower}`;
    case "sr-lr+lr-lr":
      return `FreezeOut, SR-LR ${stagePower}, LR-LR ${ratePowerWithStages}`;
  }
}

const unfrozen = (config: PretrainConfig): PretrainConfig => ({
  ...config,
  freeze: withT0(config.freeze, 1),
  rate: {
    ...config.rate,
    stagePower: 0,
    mode: { _tag: "LayerWise", power: 1 },
  },
});

const rated = (
  config: PretrainConfig,
  power: number,
  stagePower: number,
): PretrainConfig => ({
  ...config,
  rate: { ...config.rate, stagePower, mode: { _tag: "LayerWise", power } },
});

/** Whole epochs without freezing that cost the same operations as all epochs with it, to the nearest. */
function shortened(
  config: PretrainConfig,
  samples: number,
): Result<Faults, PretrainConfig> {
  const plan = planOf(rated(config, 1, 0), samples);
  if (plan._tag === "Left") return plan;
  const { training } = config;
  const part = 1 - predictedSaving(plan.right);
  const epochs = Math.max(1, Math.round(training.epochs * part));
  return right({ ...unfrozen(config), training: { ...training, epochs } });
}

/**
 * The configuration of a method.
 *
 * @param config Settings that all methods share, with the freeze times of those that freeze.
 * @returns The configuration, or what is wrong with the common one.
 */
export function configOfMethod(
  config: PretrainConfig,
  powers: MethodPowers,
  samples: number,
  method: Method,
): Result<Faults, PretrainConfig> {
  const { stagePower, ratePower, ratePowerWithStages } = powers;
  switch (method) {
    case "localmim":
      return right(unfrozen(config));
    case "localmim-short":
      return shortened(config, samples);
    case "freezeout":
      return right(rated(config, 1, 0));
    case "unscaled":
      return right(rated(config, 0, 0));
    case "sr-lr":
      return right(rated(config, 1, stagePower));
    case "lr-lr":
      return right(rated(config, ratePower, 0));
    case "sr-lr+lr-lr":
      return right(rated(config, ratePowerWithStages, stagePower));
  }
}
