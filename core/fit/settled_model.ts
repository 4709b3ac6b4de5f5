/** Models with what somebody has stated of a run, and what they cost. */
import type { TrainingConfig } from "../config/parts.ts";
import type { PretrainConfig } from "../config/pretrain.ts";
import { RECIPES } from "../config/recipes.ts";
import { E, pipe } from "../fp.ts";
import { memoized } from "../memo.ts";
import type { ModelName, ModelSpec } from "../models/model_spec.ts";
import type { Faults, Result } from "../result.ts";
import { type ModelCosts, modelCosts } from "./model_costs.ts";
import { pictureModel, type StatedSizes } from "./picture_models.ts";

/** What somebody has stated of a configuration; it is kept. */
export interface Stated {
  /** The model, where a whole one is stated. */
  readonly model?: ModelSpec | undefined;
  /** Sizes of its images and patches, where only these are. */
  readonly sizes: StatedSizes;
  /** Lengths. */
  readonly training: Partial<TrainingConfig>;
  /**
   * A configuration with all that is stated in place of its own.
   *
   * @returns The same for what it has given before, or every fault in it.
   */
  apply(config: PretrainConfig): Result<Faults, PretrainConfig>;
}

/** The most epochs that masked autoencoders were trained for in their paper (He et al.). */
export const MOST_EPOCHS = 1600;

/** A configuration with other lengths. */
export const withTraining = (
  config: PretrainConfig,
  training: Partial<TrainingConfig>,
): PretrainConfig => ({
  ...config,
  training: { ...config.training, ...training },
});

/** The model that was stated. */
export const STATED_MODEL = "stated";

/** Name of a preset, or the model that was stated. */
export type ModelChoice = ModelName | typeof STATED_MODEL;

/** A model with what is stated. */
export interface SettledModel {
  /** The configuration but for lengths and rate. */
  readonly config: PretrainConfig;
  /** What the model costs. */
  readonly costs: ModelCosts;
}

/** The recipe that all fitted runs are changes of, for a model, with what is stated. */
function withModel(
  model: ModelSpec,
  { apply, training }: Stated,
): Result<Faults, PretrainConfig> {
  // Lengths come later; until then a stated warm-up has to fit in.
  const { epochs = MOST_EPOCHS + Math.ceil(training.warmupEpochs ?? 0) } =
    training;
  return apply(
    withTraining({ ...RECIPES.small, model }, { epochs, warmupEpochs: 0 }),
  );
}

/**
 * A model for pictures, with what is stated.
 *
 * @param stated What is kept.
 * @param choice The model.
 * @param side Side of the typical picture, pixels.
 * @param channels Channels of the pictures.
 * @returns Configuration and costs, or what is wrong with the model under what is stated.
 */
export const settledModel: (
  stated: Stated,
  choice: ModelChoice,
  side: number,
  channels: number,
) => Result<Faults, SettledModel> = memoized((
  stated: Stated,
  choice: ModelChoice,
  side: number,
  channels: number,
) => {
  const preset = pictureModel({ side, channels }, stated.sizes);
  const { model = preset("nano") } = stated;
  const wanted = choice === STATED_MODEL ? model : preset(choice);
  return pipe(
    withModel(wanted, stated),
    E.flatMap((config) =>
      pipe(modelCosts(config), E.map((costs) => ({ config, costs })))
    ),
  );
});
