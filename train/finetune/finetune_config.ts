/**
 * What determines fine-tuning but the images.
 *
 * @module
 */
import {
  type AdamWConfig,
  type ClippingConfig,
  type Fault,
  type Faults,
  type FreezeConfig,
  type FreezePlan,
  left,
  type ModelSpec,
  planOf,
  type RateConfig,
  type Result,
  type TrainingConfig,
} from "../../core/mod.ts";
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

const fault = (
  holds: boolean,
  path: string,
  found: number,
  wanted: string,
): readonly Fault[] =>
  holds ? [] : [{ _tag: "OutOfRange", path, found, wanted }];

const part = (path: string, value: number): readonly Fault[] =>
  fault(value >= 0 && value <= 1, path, value, "a number in [0, 1]");

const positive = (path: string, value: number): readonly Fault[] =>
  fault(value > 0 && value < Infinity, path, value, "a number above 0");

const notNegative = (path: string, value: number): readonly Fault[] =>
  fault(value >= 0 && value < Infinity, path, value, "a number of at least 0");

function ownFaults(
  { classes, rate, dropPath, mixing, emaDecay, clipGrad }: FinetuneConfig,
): readonly Fault[] {
  const { layerDecay } = rate;
  return [
    ...fault(
      Number.isSafeInteger(classes) && classes >= 2,
      "classes",
      classes,
      "a whole number of at least 2",
    ),
    ...fault(
      layerDecay > 0 && layerDecay <= 1,
      "rate.layerDecay",
      layerDecay,
      "a number in (0, 1]",
    ),
    ...fault(
      dropPath >= 0 && dropPath < 1,
      "dropPath",
      dropPath,
      "a number in [0, 1)",
    ),
    ...emaDecay === null ? [] : fault(
      emaDecay > 0 && emaDecay < 1,
      "emaDecay",
      emaDecay,
      "a number in (0, 1), or null",
    ),
    ...notNegative("mixing.mixupAlpha", mixing.mixupAlpha),
    ...notNegative("mixing.cutmixAlpha", mixing.cutmixAlpha),
    ...part("mixing.probability", mixing.probability),
    ...part("mixing.switchProbability", mixing.switchProbability),
    ...part("mixing.labelSmoothing", mixing.labelSmoothing),
    ...clipGrad === undefined ? [] : positive("clipGrad", clipGrad),
  ];
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
  const { version, model, freeze, optimizer, training } = config;
  const { layerDecay: _, ...rate } = config.rate;
  const plan = planOf(
    { version, model: withHead(model), freeze, rate, optimizer, training },
    samples,
  );
  const faults = [
    ...ownFaults(config),
    ...plan._tag === "Left" ? plan.left : [],
  ];
  const [first, ...others] = faults;
  return first === undefined ? plan : left([first, ...others]);
}
