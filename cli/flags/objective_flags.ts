/** Flags for what an encoder learns by: objective and target, and the model that they make. */
import {
  allStages,
  DEFAULT_PRETRAIN_CONFIG,
  type Fault,
  gridSize,
  MAE_RECIPE,
  maeModel,
  type ModelSpec,
  type Objective,
  objectiveOf,
  type PretrainConfig,
  stagesOnGrid,
  type StageTarget,
  targetOf,
  withTarget,
} from "../../core/mod.ts";
import {
  choiceFlag,
  type FlagValues,
  switchFlag,
  under,
  wholeFlag,
} from "./flags.ts";

/** Words of the targets. */
export const TARGET_WORDS = {
  "hog": "hog",
  "pixels": "pixels",
  "normalised-pixels": "normalisedPixels",
} as const satisfies Readonly<Record<string, StageTarget>>;

/** Flags of objective and target. */
export const OBJECTIVE_FLAGS = under("Model", {
  "objective": choiceFlag(
    { "localmim": "localMim", "mae": "mae" } as const satisfies Readonly<
      Record<string, Objective>
    >,
    "LocalMIM's decoders at several depths, or MAE's one behind the last block; mae has MAE's published epochs, batch and rates where localmim has the thesis'",
    { read: ({ model }: PretrainConfig) => objectiveOf(model) },
  ),
  "target": choiceFlag(
    TARGET_WORDS,
    "what is predicted of hidden parts; pixels in cells within a patch, of 2 × 2 or more where they are normalised",
    {
      read: ({ model: { stages: [first] } }: PretrainConfig) =>
        first && targetOf(first),
    },
  ),
  "hog-nbins": wholeFlag(1, "orientation bins of the HOG target", {
    at: "model.hogNbins",
  }),
  "all-stages": switchFlag("reconstruct from every block, not from four"),
});

/** Values of these flags. */
export type ObjectiveValues = FlagValues<typeof OBJECTIVE_FLAGS>;

/**
 * The configuration that flags change: MAE has its published length and rates in place of
 * those of the thesis. Other recipes stay what they are, and so does freezing.
 */
export function objectiveBase(
  base: PretrainConfig,
  { objective }: ObjectiveValues,
): PretrainConfig {
  const { model, freeze } = base;
  return objective === "mae" && base === DEFAULT_PRETRAIN_CONFIG
    ? { ...MAE_RECIPE, model, freeze }
    : base;
}

/** The target that all stages of a model have; `undefined` where they differ or it is HOG. */
function commonTarget({ stages }: ModelSpec): StageTarget | undefined {
  const [first, ...others] = stages.map(targetOf);
  return first === "hog" || others.some((target) => target !== first)
    ? undefined
    : first;
}

/**
 * The flags with what another model keeps of the configuration: objective and target, as far
 * as no flag says them.
 */
export function keptObjective<
  Values extends ObjectiveValues & { readonly model?: string },
>({ model }: Pick<PretrainConfig, "model">, values: Values): Values {
  if (values.model === undefined || values.objective !== undefined) {
    return values;
  }
  const target = values.target ?? commonTarget(model);
  return {
    ...values,
    ...objectiveOf(model) === "mae" ? { objective: "mae" } : {},
    ...target === undefined ? {} : { target },
  };
}

/** A model with the stages, targets and decoders that flags ask for. */
export function objectiveModel(
  model: ModelSpec,
  { objective, target, "all-stages": takesAll }: ObjectiveValues,
): ModelSpec {
  const staged = objective === "mae"
    ? maeModel(model)
    : takesAll
    ? { ...model, stages: allStages(model.depth) }
    : model;
  const stages = stagesOnGrid(staged.stages, gridSize(model));
  const fitted = { ...staged, stages };
  return target === undefined ? fitted : withTarget(fitted, target);
}

const contradiction = (
  path: string,
  found: unknown,
  wanted: string,
): Fault => ({ _tag: "Inconsistent", path, found, wanted });

/** True if the model that flags make has one stage. */
export const isOneStage = (
  { model }: Pick<PretrainConfig, "model">,
  values: ObjectiveValues & { readonly model?: string },
): boolean =>
  values.objective === "mae" ||
  values.model === undefined && model.stages.length === 1;

/** True if a stage of a model predicts histograms. */
const hasHistograms = ({ stages }: ModelSpec): boolean =>
  stages.some((stage) => targetOf(stage) === "hog");

/**
 * Contradictions between objective, target and stages.
 *
 * @param base Configuration that the flags change.
 * @param values All flags of the method that concern stages.
 */
export function objectiveFaults(
  base: Pick<PretrainConfig, "model">,
  values: ObjectiveValues & {
    readonly model?: string;
    readonly "sr-lr"?: number;
  },
): readonly Fault[] {
  const { model } = base;
  const { objective, "hog-nbins": bins, "sr-lr": power } = values;
  const isMae = objective === "mae";
  const isPreset = values.model !== undefined;
  return [
    ...isMae && values["all-stages"]
      ? [
        contradiction(
          "--all-stages",
          true,
          "--objective localmim: MAE reconstructs from the last block",
        ),
      ]
      : [],
    ...objective === "localMim" && !isPreset && objectiveOf(model) === "mae"
      ? [
        contradiction(
          "--objective",
          "localmim",
          "a --model beside it: the configuration has MAE's stages and decoder",
        ),
      ]
      : [],
    ...bins !== undefined && !hasHistograms(objectiveModel(model, values))
      ? [
        contradiction(
          "--hog-nbins",
          bins,
          "a stage that predicts histograms, as with --target hog",
        ),
      ]
      : [],
    ...power !== undefined && power > 0 && isOneStage(base, values)
      ? [
        contradiction(
          "--sr-lr",
          power,
          "several stages, as with --objective localmim: the model has one",
        ),
      ]
      : [],
  ];
}
