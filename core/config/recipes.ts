/** Recipes of pre-training by name, and changes to them. */
import { MODEL_PRESETS } from "../models/model_spec.ts";
import type { Faults, Result } from "../result.ts";
import { listedTimes } from "../schedule/freeze_time.ts";
import { peakRate } from "../schedule/initial_rate.ts";
import { MAE_RECIPE } from "./mae.ts";
import {
  decodePretrainConfig,
  DEFAULT_PRETRAIN_CONFIG,
  type PretrainConfig,
} from "./pretrain.ts";

/** The recipe for small images, the embedded ones of Fashion-MNIST: minutes on two CPU cores. */
export const SMALL_RECIPE: PretrainConfig = {
  ...DEFAULT_PRETRAIN_CONFIG,
  model: MODEL_PRESETS.nano,
  cropScale: [0.6, 1],
  rate: {
    ...DEFAULT_PRETRAIN_CONFIG.rate,
    baseRate: peakRate(1.6e-2, 32),
    endRate: 0,
  },
  training: {
    epochs: 12,
    warmupEpochs: 0.4,
    batchSize: 32,
    accumIter: 1,
    seed: 0,
  },
};

/** Recipes by name. */
export const RECIPES = {
  small: SMALL_RECIPE,
  paper: DEFAULT_PRETRAIN_CONFIG,
  mae: MAE_RECIPE,
} as const satisfies Readonly<Record<string, PretrainConfig>>;

/** Name of a recipe. */
export type RecipeName = keyof typeof RECIPES;

/** Some fields of a configuration, at any depth; lists are given whole. */
export type Changes<T> = {
  readonly [K in keyof T]?: T[K] extends readonly unknown[] ? T[K]
    : T[K] extends object ? Changes<T[K]>
    : T[K];
};

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What distinguishes the forms of a field with several of them. */
const isOtherForm = (base: Fields, changes: Fields): boolean =>
  "_tag" in changes && changes._tag !== base._tag;

function withFields(base: unknown, changes: unknown): unknown {
  if (!isFields(base) || !isFields(changes) || isOtherForm(base, changes)) {
    return changes;
  }
  const given = Object.entries(changes).filter(([, it]) => it !== undefined)
    .map(([key, it]) => [key, withFields(base[key], it)]);
  return { ...base, ...Object.fromEntries(given) };
}

/** Changes with the rule that goes with the freeze times that they list. */
const withRule = (
  { freeze, ...others }: Changes<PretrainConfig>,
): Changes<PretrainConfig> =>
  freeze?.times === undefined
    ? { ...others, ...freeze === undefined ? {} : { freeze } }
    : { ...others, freeze: { ...listedTimes(freeze.times), ...freeze } };

/** Samples of one optimizer step. */
export const effectiveBatch = (
  { training }: Pick<PretrainConfig, "training">,
): number => training.batchSize * training.accumIter;

/**
 * A configuration with some fields changed. Its rate goes with the images of a step by the
 * linear rule, unless the changes say a rate; listed freeze times come with their `t0` and
 * scale.
 *
 * @param base Configuration that has all other fields.
 * @param changes Fields that differ, at any depth; one with a `_tag` other than the base's
 *   is given whole.
 * @returns The configuration, or every fault in it, each with its path.
 *
 * @example
 * ```ts
 * import { changedConfig, MODEL_PRESETS, RECIPES } from "@vitfreeze/vitfreeze";
 * import { strictEqual } from "node:assert/strict";
 *
 * const config = changedConfig(RECIPES.small, { training: { batchSize: 64 }, freeze: { t0: 0.6 } });
 *
 * strictEqual(config._tag === "Right" && config.right.rate.baseRate, 2 * RECIPES.small.rate.baseRate);
 * strictEqual(config._tag === "Right" && config.right.training.epochs, 12);
 * ```
 */
export function changedConfig(
  base: PretrainConfig,
  changes: Changes<PretrainConfig>,
): Result<Faults, PretrainConfig> {
  const decoded = decodePretrainConfig(withFields(base, withRule(changes)));
  if (decoded._tag === "Left" || changes.rate?.baseRate !== undefined) {
    return decoded;
  }
  const { right: config } = decoded;
  const grown = effectiveBatch(config) / effectiveBatch(base);
  const rate = { ...config.rate, baseRate: base.rate.baseRate * grown };
  return decodePretrainConfig({ ...config, rate });
}
