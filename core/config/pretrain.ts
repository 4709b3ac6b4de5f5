/**
 * Everything that determines a run, as data.
 *
 * @module
 */
import type { ModelSpec } from "../models/model_spec.ts";
import { MODEL_PRESETS } from "../models/presets.ts";
import type { WarmupMode } from "../schedule/annealing.ts";
import type { FreezeScale } from "../schedule/freeze_time.ts";

/** Which layers freeze when. */
export interface FreezeConfig {
  /** Moment the first layer freezes **before** scaling, in `(0, 1]`; 1 never freezes anything. */
  readonly t0: number;
  /** How freeze times are bent. */
  readonly scale: FreezeScale;
  /** Whether the patch embedding is layer 0; if not, it is never frozen. */
  readonly freezePatchEmbed: boolean;
  /**
   * Whether the class token freezes with layer 0. If it never freezes, every
   * backward pass runs through all frozen blocks to reach it.
   */
  readonly classToken: "withLayer0" | "neverFrozen";
}

/** How rates of layers relate to each other. */
export type RateMode =
  /** Each layer has its own cosine from `α / t_i^power` to 0 (LR-LR). */
  | {
    readonly _tag: "LayerWise";
    /** Exponent, `≥ 0`: 1 scaled, 0 unscaled. */
    readonly power: number;
  }
  /** All layers follow one cosine down to `endRate` and stop at their freeze times. */
  | { readonly _tag: "Uniform" };

/** How fast each layer learns. */
export interface RateConfig {
  /** Rate `α ≥ 0` before scaling, for the batch that is really used. */
  readonly baseRate: number;
  /** Rate in `[0, baseRate]` at the end of the common cosine; layer-wise cosines end at 0. */
  readonly endRate: number;
  /** Own cosines or a common one. */
  readonly mode: RateMode;
  /** Exponent `≥ 0` of the factor on early stages (SR-LR); 0 is off. */
  readonly stagePower: number;
  /** What warm-up does to a layer. */
  readonly warmup: WarmupMode;
}

/** AdamW: Adam with decoupled weight decay. */
export interface AdamWConfig {
  /** Discriminant. */
  readonly _tag: "AdamW";
  /** Decay of the first moment, in `[0, 1)`. */
  readonly beta1: number;
  /** Decay of the second moment, in `[0, 1)`. */
  readonly beta2: number;
  /** Added to the root of the second moment, `> 0`. */
  readonly epsilon: number;
  /** Decoupled weight decay, `≥ 0`. */
  readonly weightDecay: number;
}

/** Stochastic gradient descent with Nesterov's momentum. */
export interface SgdConfig {
  /** Discriminant. */
  readonly _tag: "Sgd";
  /** Momentum, in `[0, 1)`; 0 is plain descent. */
  readonly momentum: number;
  /** Weight decay, `≥ 0`, added to the gradient. */
  readonly weightDecay: number;
}

/** How a step is made from gradients. */
export type OptimizerConfig = AdamWConfig | SgdConfig;

/** How long and on what batches. */
export interface TrainingConfig {
  /** Times that every sample is seen, at least 1. */
  readonly epochs: number;
  /** Epochs of warm-up, less than `epochs`; parts of an epoch are allowed. */
  readonly warmupEpochs: number;
  /** Samples that are computed at once. */
  readonly batchSize: number;
  /** Batches whose gradients are added up for one optimizer step. */
  readonly accumIter: number;
  /** Seed of all randomness. */
  readonly seed: number;
}

/** Whether gradients are clipped. */
export interface ClippingConfig {
  /**
   * Greatest length, above 0, of all gradients of a step together: longer ones are
   * scaled down to it (`clipFactor`) before the optimizer sees them. Without, nothing
   * is clipped, as in the papers.
   */
  readonly clipGrad?: number;
}

/** Everything that determines a pre-training run but the images. */
export interface PretrainConfig extends ClippingConfig {
  /** Version of this form. */
  readonly version: 1;
  /** The model. */
  readonly model: ModelSpec;
  /** Which layers freeze when. */
  readonly freeze: FreezeConfig;
  /** How fast each layer learns. */
  readonly rate: RateConfig;
  /** How a step is made from gradients. */
  readonly optimizer: OptimizerConfig;
  /** How long and on what batches. */
  readonly training: TrainingConfig;
  /**
   * How frozen blocks are computed where no gradient goes through them: with `int8`
   * their matrix products are in 8-bit integers, several times as fast and a little
   * off; without, all is float32.
   */
  readonly frozenPrecision?: "int8";
}

/**
 * The recipe of the papers for ViT-B/16 on ImageNet: 100 epochs, 10 of them
 * warm-up, 2048 samples a step, FreezeOut with a cubic `t0 = 0.8`.
 *
 * Two choices differ from the reference code: warm-up is that of the figures,
 * and the class token freezes with layer 0.
 */
export const DEFAULT_PRETRAIN_CONFIG: PretrainConfig = {
  version: 1,
  model: MODEL_PRESETS["vit-b"],
  freeze: {
    t0: 0.8,
    scale: "cubic",
    freezePatchEmbed: true,
    classToken: "withLayer0",
  },
  rate: {
    baseRate: 1.6e-3,
    endRate: 1e-6,
    mode: { _tag: "LayerWise", power: 1 },
    stagePower: 0,
    warmup: "figure",
  },
  optimizer: {
    _tag: "AdamW",
    beta1: 0.9,
    beta2: 0.95,
    epsilon: 1e-8,
    weightDecay: 0.05,
  },
  training: {
    epochs: 100,
    warmupEpochs: 10,
    batchSize: 256,
    accumIter: 8,
    seed: 0,
  },
};
