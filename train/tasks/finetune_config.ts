/**
 * What determines fine-tuning but the images.
 *
 * @module
 */
import {
  type AdamWConfig,
  type ClippingConfig,
  type Faults,
  type FreezeConfig,
  type FreezePlan,
  type ModelSpec,
  planOf,
  type RateConfig,
  type Result,
  right,
  type TrainingConfig,
} from "../../core/mod.ts";
import {
  anything,
  type Codec,
  codecOf,
  decode,
  numberIn,
  oneOf,
  unwanted,
  wholeFrom,
} from "../../core/codec.ts";
import { recordOf, refined } from "../../core/codec_structures.ts";
import { modelCodec } from "../../core/model/model_codec.ts";
import {
  adamwCodec,
  clipGradCodec,
  endBelowBase,
  freezeCodec,
  notNegative,
  rateFields,
  trainingCodec,
} from "../../core/plan/config_codec.ts";
import {
  RAND_AUGMENT,
  type RandAugment,
  RANDOM_ERASING,
  type RandomErasing,
} from "../../data/mod.ts";
import type { MixingConfig } from "./mixing.ts";

/** How fast each layer of a classifier learns. */
export interface FinetuneRate extends RateConfig {
  /** Factor on the rate from a layer to the one before it, in `(0, 1]`. */
  readonly layerDecay: number;
}

/** What is done to an image that is learned from, beside mirroring half of them. */
export interface AugmentConfig {
  /** Least and largest part of its area that is cropped, `0 < least ≤ largest ≤ 1`. */
  readonly cropScale: readonly [least: number, largest: number];
  /** Operations on its pixels; `null` is none. */
  readonly randAugment: RandAugment | null;
  /** Noise in a rectangle of some images; `null` is none. */
  readonly erasing: RandomErasing | null;
}

/** Everything that determines fine-tuning but the images. */
export interface FinetuneConfig extends ClippingConfig {
  /** Version of this form. */
  readonly version: 1;
  /** The encoder; what belongs to decoders has no influence. */
  readonly model: ModelSpec;
  /** Classes, at least 2. */
  readonly classes: number;
  /** Which layers freeze when; `t0 = 1` freezes none. */
  readonly freeze: FreezeConfig;
  /** How fast each layer learns. */
  readonly rate: FinetuneRate;
  /** How a step is made from gradients. */
  readonly optimizer: AdamWConfig;
  /** Probability that a branch of the last block is dropped, in `[0, 1)`; it grows evenly from 0 in the first. */
  readonly dropPath: number;
  /** What is done to each image. */
  readonly augment: AugmentConfig;
  /** How images and classes of a batch are mixed. */
  readonly mixing: MixingConfig;
  /**
   * Part of a running mean of all parameters that stays in a step, in `(0, 1)`;
   * `null` keeps no mean.
   */
  readonly emaDecay: number | null;
  /** How long and on what batches. */
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
    warmup: "figure",
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

/** The model with one tap behind the last block, where the head stands. */
const withHead = (model: ModelSpec): ModelSpec => ({
  ...model,
  stages: [{ tap: model.depth - 1, scale: 1, weight: 1 }],
});

const part = numberIn("a number in [0, 1]", (x) => x >= 0 && x <= 1);

const emaDecay = codecOf<number | null>(
  "a number in (0, 1), or null",
  (found, place) =>
    found === null || (typeof found === "number" && found > 0 && found < 1)
      ? []
      : unwanted(found, place, "OutOfRange"),
);

const configCodec: Codec<FinetuneConfig> = recordOf<FinetuneConfig>({
  version: oneOf(1),
  model: modelCodec,
  classes: wholeFrom(2),
  freeze: freezeCodec,
  rate: refined(
    recordOf<FinetuneRate>({
      ...rateFields,
      layerDecay: numberIn("a number in (0, 1]", (x) => x > 0 && x <= 1),
    }),
    endBelowBase,
  ),
  optimizer: adamwCodec,
  dropPath: numberIn("a number in [0, 1)", (x) => x >= 0 && x < 1),
  // `finetuneBatches` checks it, where transforms are made.
  augment: anything as Codec<AugmentConfig>,
  mixing: recordOf<MixingConfig>({
    mixupAlpha: notNegative,
    cutmixAlpha: notNegative,
    probability: part,
    switchProbability: part,
    labelSmoothing: part,
  }),
  emaDecay,
  training: trainingCodec,
  clipGrad: clipGradCodec,
});

/**
 * Reads a configuration of fine-tuning from untrusted data. Nothing is completed or
 * clipped. Stages of the model are accepted as they are: they have no influence.
 *
 * @param input Anything.
 * @returns The configuration, or every fault in it, each with its path.
 */
export function decodeFinetuneConfig(
  input: unknown,
): Result<Faults, FinetuneConfig> {
  const { model } = (input ?? {}) as Partial<FinetuneConfig>;
  if (typeof model !== "object" || model === null) {
    return decode(configCodec)(input);
  }
  const given = input as FinetuneConfig;
  const checked = decode(configCodec)({ ...given, model: withHead(model) });
  return checked._tag === "Left" ? checked : right(given);
}

/**
 * Plans fine-tuning on a data set: the plan of a model whose only stage is the head.
 * Its layers freeze and learn as those of pre-training do; with `t0 = 1` and rates of
 * mode `Uniform` all follow one cosine and nothing freezes.
 *
 * @param config Everything but the images.
 * @param samples Samples of an epoch.
 * @returns The plan in optimizer steps, or every fault of the configuration.
 */
export function finetunePlan(
  config: FinetuneConfig,
  samples: number,
): Result<Faults, FreezePlan> {
  const checked = decodeFinetuneConfig(config);
  if (checked._tag === "Left") return checked;
  const { version, model, freeze, optimizer, training } = config;
  const { layerDecay: _, ...rate } = config.rate;
  return planOf(
    { version, model: withHead(model), freeze, rate, optimizer, training },
    samples,
  );
}
