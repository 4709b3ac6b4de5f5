/**
 * What holds where no flag is given.
 *
 * @module
 */
import {
  DEFAULT_PRETRAIN_CONFIG,
  MODEL_PRESETS,
  type ModelName,
  peakRate,
  type PretrainConfig,
} from "../../core/mod.ts";

/** A configuration and the name of its model. */
export interface Recipe {
  /** The preset that its model is. */
  readonly model: ModelName;
  /** The configuration. */
  readonly config: PretrainConfig;
}

/** For the embedded Fashion-MNIST images: minutes on two CPU cores. */
export const SMALL_RECIPE: Recipe = {
  model: "nano",
  config: {
    ...DEFAULT_PRETRAIN_CONFIG,
    model: MODEL_PRESETS.nano,
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
  },
};

/** For a folder of images: the papers' recipe for ViT-B. */
export const REFERENCE_RECIPE: Recipe = {
  model: "vit-b",
  config: DEFAULT_PRETRAIN_CONFIG,
};
