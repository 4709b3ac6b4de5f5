/** MAE's published recipe. */
import { MODEL_PRESETS } from "../models/model_spec.ts";
import { maeModel } from "../models/objectives.ts";
import { peakRate } from "../schedule/initial_rate.ts";
import { DEFAULT_PRETRAIN_CONFIG, type PretrainConfig } from "./pretrain.ts";

/** Images of an optimizer step. */
const STEP_IMAGES = 4096;

/**
 * MAE's recipe for ViT-B/16 on ImageNet: 800 epochs, 40 of them warm-up, 4096 images a
 * step, a rate of 1.5e-4 for 256 images that falls to 0; nothing freezes. With a `t0`
 * below 1 its layers freeze by FreezeOut as those of the other recipes do.
 *
 * @see He et al., Masked Autoencoders, 2022, table 8: {@link https://arxiv.org/abs/2111.06377}
 */
export const MAE_RECIPE: PretrainConfig = {
  ...DEFAULT_PRETRAIN_CONFIG,
  model: maeModel(MODEL_PRESETS["vit-b"]),
  freeze: { ...DEFAULT_PRETRAIN_CONFIG.freeze, t0: 1 },
  rate: {
    ...DEFAULT_PRETRAIN_CONFIG.rate,
    baseRate: peakRate(1.5e-4, STEP_IMAGES),
    endRate: 0,
  },
  training: {
    epochs: 800,
    warmupEpochs: 40,
    batchSize: 256,
    accumIter: STEP_IMAGES / 256,
    seed: 0,
  },
};
