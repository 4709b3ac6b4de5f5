/** The recipe for small images. */
import {
  DEFAULT_PRETRAIN_CONFIG,
  MODEL_PRESETS,
  peakRate,
  type PretrainConfig,
} from "../../core/mod.ts";

/** For the embedded Fashion-MNIST images: minutes on two CPU cores. */
export const SMALL_RECIPE: PretrainConfig = {
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
};
