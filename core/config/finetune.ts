/** Everything that determines fine-tuning but the images. */
import {
  type Codec,
  DECAY,
  decode,
  numberIn,
  oneOf,
  wholeFrom,
} from "../codec/codec.ts";
import { nullable, recordOf } from "../codec/structures.ts";
import { encoderCodec } from "../models/model_codec.ts";
import type { ModelSpec } from "../models/model_spec.ts";
import { adamwCodec, type AdamWConfig } from "../optim/optimizer_config.ts";
import type { Faults, Result } from "../result.ts";
import {
  augmentCodec,
  type AugmentConfig,
  mixingCodec,
  type MixingConfig,
  RAND_AUGMENT,
  RANDOM_ERASING,
} from "./augment.ts";
import { withNewWords } from "./old_words.ts";
import {
  clipGradCodec,
  type ClippingConfig,
  fallingRates,
  freezeCodec,
  type FreezeConfig,
  type RateConfig,
  rateFields,
  trainingCodec,
  type TrainingConfig,
} from "./parts.ts";

/** Learning rates of a classifier's layers. */
export interface FinetuneRate extends RateConfig {
  /** Factor on the rate from a layer to the one before it, in `(0, 1]`. */
  readonly layerDecay: number;
}

/** Everything that determines fine-tuning but the images. */
export interface FinetuneConfig extends ClippingConfig {
  /** Version of this form. */
  readonly version: 1;
  /** The encoder; what belongs to decoders has no influence. */
  readonly model: ModelSpec;
  /** Classes, at least 2. */
  readonly classes: number;
  /** Freeze times of the layers; `t0 = 1` freezes none. */
  readonly freeze: FreezeConfig;
  /** Learning rates of the layers. */
  readonly rate: FinetuneRate;
  /** Rule of the optimizer. */
  readonly optimizer: AdamWConfig;
  /** Probability that a branch of the last block is dropped, in `[0, 1)`; it grows evenly from 0 in the first. */
  readonly dropPath: number;
  /** Augmentation of each image. */
  readonly augment: AugmentConfig;
  /** Mixing of the images and classes of a batch. */
  readonly mixing: MixingConfig;
  /**
   * Part of a running mean of all parameters that stays in a step, in `(0, 1)`;
   * `null` keeps no mean.
   */
  readonly emaDecay: number | null;
  /** Length and batches of the run. */
  readonly training: TrainingConfig;
}

/**
 * The recipe for ViT-B/16 on ImageNet: 100 epochs, 20 of them warm-up, 1024 samples
 * a step, rate 4·10⁻³ with layer decay 0.75, RandAugment of two operations of
 * strength 9, a quarter of the images erased in part. Nothing freezes.
 *
 * @see He et al., Masked Autoencoders Are Scalable Vision Learners, 2021, table 9;
 * Wang et al., Masked Image Modeling with Local Multi-Scale Reconstruction, 2023.
 */
export const FINETUNE_RECIPE: Omit<FinetuneConfig, "model" | "classes"> = {
  version: 1,
  freeze: {
    t0: 1,
    scale: "cubic",
    freezePatchEmbed: true,
    classToken: "withLayer0",
  },
  rate: {
    baseRate: 4e-3,
    endRate: 1e-6,
    mode: { _tag: "Uniform" },
    stagePower: 0,
    warmup: "perLayer",
    layerDecay: 0.75,
  },
  optimizer: {
    _tag: "AdamW",
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    weightDecay: 0.05,
  },
  dropPath: 0.1,
  augment: {
    cropScale: [0.08, 1],
    randAugment: RAND_AUGMENT,
    erasing: RANDOM_ERASING,
  },
  mixing: {
    mixupAlpha: 0.8,
    cutmixAlpha: 1,
    probability: 1,
    switchProbability: 0.5,
    labelSmoothing: 0.1,
  },
  emaDecay: null,
  training: {
    epochs: 100,
    warmupEpochs: 20,
    batchSize: 128,
    accumIter: 8,
    seed: 0,
  },
};

const finetuneCodec: Codec<FinetuneConfig> = recordOf<FinetuneConfig>({
  version: oneOf(1),
  model: encoderCodec,
  classes: wholeFrom(2),
  freeze: freezeCodec,
  rate: fallingRates(recordOf<FinetuneRate>({
    ...rateFields,
    layerDecay: numberIn(
      "a number in (0, 1]",
      (value) => value > 0 && value <= 1,
    ),
  })),
  optimizer: adamwCodec,
  dropPath: DECAY,
  augment: augmentCodec,
  mixing: mixingCodec,
  emaDecay: nullable(
    numberIn(
      "a number in (0, 1), or null",
      (value) => value > 0 && value < 1,
    ),
  ),
  training: trainingCodec,
  clipGrad: clipGradCodec,
});

/**
 * Reads a configuration from untrusted data. Nothing is completed or clipped.
 *
 * @param input Anything.
 * @returns The configuration, or every fault in it, each with its path.
 */
export const decodeFinetuneConfig = (
  input: unknown,
): Result<Faults, FinetuneConfig> => decode(finetuneCodec)(withNewWords(input));
