/** Everything that determines the training of a convolutional network but the images. */
import {
  type Codec,
  decode,
  NOT_NEGATIVE,
  oneOf,
  wholeFrom,
} from "../codec/codec.ts";
import { recordOf, refined } from "../codec/structures.ts";
import { convNetCodec, type ConvNetSpec } from "../models/convnet_spec.ts";
import {
  optimizerCodec,
  type OptimizerConfig,
} from "../optim/optimizer_config.ts";
import type { Faults, Result } from "../result.ts";
import type { FreezeTimes } from "../schedule/freeze_time.ts";
import { withNewWords } from "./old_words.ts";
import {
  clipGradCodec,
  type ClippingConfig,
  freezeTimesCodec,
  rateCodec,
  type RateConfig,
  type TrainingConfig,
  warmupWithinRun,
} from "./parts.ts";

/** Everything that determines the training of a convolutional network but the images. */
export interface ConvNetConfig extends ClippingConfig {
  /** Version of this form. */
  readonly version: 1;
  /** The network. */
  readonly model: ConvNetSpec;
  /** Freeze times of the layers. */
  readonly freeze: FreezeTimes;
  /** Learning rates of the layers; there is one stage. */
  readonly rate: RateConfig;
  /** Rule of the optimizer. */
  readonly optimizer: OptimizerConfig;
  /** Length and batches of the run, at least 2 images each. A batch is a step: its statistics are those of a whole step. */
  readonly training: Omit<TrainingConfig, "accumIter">;
}

/**
 * FreezeOut's recipe: 100 epochs in batches of 50, stochastic gradient descent with
 * Nesterov's momentum 0.9 and weight decay 1e-4 at rate 0.1, a cubic `t0 = 0.8`, rates
 * scaled, no warm-up, every layer down to 0.
 *
 * @see Brock et al., FreezeOut, 2017: {@link https://arxiv.org/abs/1706.04983}
 */
export const FREEZEOUT_RECIPE: Omit<ConvNetConfig, "model"> = {
  version: 1,
  freeze: { t0: 0.8, scale: "cubic" },
  rate: {
    baseRate: 0.1,
    endRate: 0,
    mode: { _tag: "LayerWise", power: 1 },
    stagePower: 0,
    warmup: "perLayer",
  },
  optimizer: { _tag: "Sgd", momentum: 0.9, weightDecay: 1e-4 },
  training: { epochs: 100, warmupEpochs: 0, batchSize: 50, seed: 0 },
};

/** AdamW's part of the recipe: rate 1e-3, weight decay 1e-3. */
export const FREEZEOUT_ADAMW: {
  readonly baseRate: number;
  readonly optimizer: OptimizerConfig;
} = {
  baseRate: 1e-3,
  optimizer: {
    _tag: "AdamW",
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    weightDecay: 1e-3,
  },
};

const configCodec: Codec<ConvNetConfig> = recordOf<ConvNetConfig>({
  version: oneOf(1),
  model: convNetCodec,
  freeze: freezeTimesCodec,
  rate: rateCodec,
  optimizer: optimizerCodec,
  training: refined(
    recordOf<ConvNetConfig["training"]>({
      epochs: wholeFrom(1),
      warmupEpochs: NOT_NEGATIVE,
      batchSize: wholeFrom(2),
      seed: wholeFrom(0),
    }),
    warmupWithinRun,
  ),
  clipGrad: clipGradCodec,
});

/**
 * Reads a configuration from untrusted data. Nothing is completed or clipped.
 *
 * @param input Anything.
 * @returns The configuration, or every fault in it, each with its path.
 */
export const decodeConvNetConfig = (
  input: unknown,
): Result<Faults, ConvNetConfig> => decode(configCodec)(withNewWords(input));
