/** Settings of a pre-training: a recipe, a file, an earlier run, or fitted to images. */
import {
  decodePretrainConfig,
  effectiveBatch,
  type Faults,
  type FittedRun,
  left,
  type PretrainConfig,
  type RecipeName,
  recipeRate,
  RECIPES,
  right,
} from "../../core/mod.ts";
import { holdsFashionMnist } from "../../data/mod.ts";
import { must } from "../command/command_failed.ts";
import { configFromFlags } from "../flags/method_flags.ts";
import { type ImagesOfRun, imagesOfRun } from "../images/images_of_run.ts";
import { checkFolder } from "../runs/open_folder.ts";
import {
  type ConfigKind,
  type Settings,
  settingsFrom,
} from "../runs/settings.ts";
import { refuseTooFew } from "./few_images.ts";
import { type FitContext, fittedConfig } from "./fitted_config.ts";
import type { Choices, Fit } from "./plan_words.ts";
import { DEFAULT_MINUTES, type PretrainValues } from "./pretrain_flags.ts";
import { type SameCost, sameCost } from "./same_cost.ts";
import { ofChannels, statedBy, statedModel } from "./stated.ts";

/** Settings of a pre-training. */
export interface PretrainSettings extends Settings<PretrainConfig>, Choices {}

/** What a fit needs beside the flags. */
export type SettingsContext = Pick<FitContext, "ranks" | "say">;

/** A recipe by name with the rate of the model that flags name. */
function recipeOf(
  name: RecipeName,
  values: PretrainValues,
): PretrainConfig {
  const recipe = RECIPES[name];
  const model = statedModel(values);
  if (name !== "small" || model === undefined) return recipe;
  const baseRate = recipeRate(model, effectiveBatch(recipe));
  return { ...recipe, rate: { ...recipe.rate, baseRate } };
}

/** The recipe that flags ask for; `null` where a run is to be fitted. */
async function recipeFor(
  { recipe = "auto", data, minutes }: PretrainValues,
): Promise<RecipeName | null> {
  if (recipe !== "auto") return recipe;
  if (minutes !== undefined) return null;
  const isSmall = data === undefined || await holdsFashionMnist(data);
  return isSmall ? "small" : null;
}

/** The run that is fitted to the images of flags. */
async function fittedBy(
  values: PretrainValues,
  images: ImagesOfRun,
  context: SettingsContext,
): Promise<FittedRun> {
  const outputDir = values["output-dir"] ?? null;
  await checkFolder({ outputDir, earlier: null });
  const { train, validation } = await imagesOfRun(images);
  const { "batch-size": batchSize = 1, "accum-iter": accumIter = 1 } = values;
  const { minutes = DEFAULT_MINUTES, judge } = values;
  refuseTooFew({ batchSize, accumIter }, train);
  return await fittedConfig(
    statedBy(values, train.normalization.mean.length),
    { minutes, isStated: values.minutes !== undefined },
    {
      ...context,
      ...{ train, values },
      isJudged: validation !== null && judge !== "never",
    },
  );
}

/** Flags that only a run which begins without a file can follow. */
const CHOOSING = ["minutes", "recipe"] as const;

/** Refuses a time or a recipe beside what has lengths of its own. */
function checkChoosing(values: PretrainValues): void {
  const { recipe = "auto", minutes, config, resume } = values;
  const contradict = (path: string, found: unknown, wanted: string): never =>
    must(left<Faults>([{ _tag: "Inconsistent", path, found, wanted }]));
  if (minutes !== undefined && recipe !== "auto") {
    contradict("--minutes", minutes, `no --recipe ${recipe} beside it`);
  }
  for (const name of CHOOSING) {
    const value = values[name];
    if (value === undefined || value === "auto") continue;
    if (config !== undefined) {
      contradict(`--${name}`, value, "no --config beside it: a file says all");
    }
    if (resume !== undefined && resume !== "auto") {
      const wanted = "no --resume DIR beside it: a run goes on as it was";
      contradict(`--${name}`, value, wanted);
    }
  }
}

/** Decoding and flags of a pre-training, and where its configuration begins. */
const pretraining = (
  base: ConfigKind<PretrainConfig, PretrainValues>["base"],
  settled: SameCost["settled"] | null,
): ConfigKind<PretrainConfig, PretrainValues> => ({
  task: "pretrain",
  decode: decodePretrainConfig,
  base,
  changed: (base, values, goesOn) => {
    const config = configFromFlags(base, values);
    if (config._tag === "Left" || !goesOn) return config;
    // A preset has channels of its own; the images stay as they are.
    return right(ofChannels(config.right, base.model.inChannels));
  },
  ...settled === null ? {} : { settled },
});

/**
 * Settings of a pre-training. A run that begins on images of one's own, or for which a time
 * is given, is fitted to them: its images are opened and steps are timed.
 *
 * @throws {CommandFailed} with every fault, named by flag or field.
 */
export async function pretrainSettings(
  values: PretrainValues,
  context: SettingsContext = { ranks: null, say: () => {} },
): Promise<PretrainSettings> {
  checkChoosing(values);
  let fit: Fit | null = null;
  const same = values["same-cost-as-unfrozen"]
    ? must(sameCost(values, await recipeFor(values)))
    : null;
  const kind = pretraining(async (_, images) => {
    const recipe = await recipeFor(values);
    if (recipe !== null) return recipeOf(recipe, values);
    const run = await fittedBy(values, images, context);
    fit = { reasons: run.reasons, seconds: run.seconds };
    return run.config;
  }, same?.settled ?? null);
  const settings = await settingsFrom(kind, values);
  return { ...settings, fit, unfrozenEpochs: same?.epochs() ?? null };
}
