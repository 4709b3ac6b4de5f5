/** Everything that determines a pre-training run but the images. */
import { type Codec, decode, oneOf } from "../codec/codec.ts";
import { optional, recordOf, refined } from "../codec/structures.ts";
import { modelCodec } from "../models/model_codec.ts";
import { MODEL_PRESETS, type ModelSpec } from "../models/model_spec.ts";
import {
  optimizerCodec,
  type OptimizerConfig,
} from "../optim/optimizer_config.ts";
import {
  type Fault,
  type Faults,
  inconsistent,
  type Result,
} from "../result.ts";
import type { Curriculum } from "../schedule/curriculum.ts";
import { partOfArea } from "./augment.ts";
import { curriculumCodec, curriculumFaults } from "./curriculum.ts";
import { withNewWords } from "./old_words.ts";
import {
  clipGradCodec,
  type ClippingConfig,
  freezeCodec,
  type FreezeConfig,
  rateCodec,
  type RateConfig,
  trainingCodec,
  type TrainingConfig,
} from "./parts.ts";

/** Everything that determines a pre-training run but the images. */
export interface PretrainConfig extends ClippingConfig {
  /** Version of this form. */
  readonly version: 1;
  /** The model. */
  readonly model: ModelSpec;
  /** Freeze times of the layers. */
  readonly freeze: FreezeConfig;
  /** Learning rates of the layers. */
  readonly rate: RateConfig;
  /** Rule of the optimizer. */
  readonly optimizer: OptimizerConfig;
  /** Length and batches of the run. */
  readonly training: TrainingConfig;
  /** Weights of the stages over time, as factors on their own; absent where they stay. */
  readonly curriculum?: Curriculum;
  /** Part of an image's area that a random crop takes, `0 < least ≤ largest ≤ 1`; 0.2 to 1 where absent. */
  readonly cropScale?: readonly [least: number, largest: number];
  /**
   * True if the optimizer takes more images at once as freezing makes them cheaper, so that
   * an update costs what it cost at first, with rates by the linear rule.
   */
  readonly growBatch?: true;
  /**
   * Precision of frozen blocks where no gradient goes through them: with `int8`
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
    warmup: "perLayer",
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

const fields: Codec<PretrainConfig> = recordOf<PretrainConfig>({
  version: oneOf(1),
  model: modelCodec,
  freeze: freezeCodec,
  rate: rateCodec,
  optimizer: optimizerCodec,
  training: trainingCodec,
  curriculum: optional(curriculumCodec),
  cropScale: optional(partOfArea),
  growBatch: optional(oneOf(true)),
  frozenPrecision: optional(oneOf("int8")),
  clipGrad: clipGradCodec,
});

/** Micro-batches in which every group of images has latent targets of its own. */
const wholeGroups = (
  { model: { latent }, training: { batchSize } }: PretrainConfig,
): readonly Fault[] =>
  inconsistent(
    batchSize % (latent?.every ?? 1) === 0,
    "model.latent.every",
    latent?.every,
    `a divisor of ${batchSize} (batchSize)`,
  );

const pretrainCodec: Codec<PretrainConfig> = refined(
  fields,
  (config) => {
    const { curriculum = [], model } = config;
    return [
      ...curriculumFaults(curriculum, model.stages.length),
      ...wholeGroups(config),
    ];
  },
);

/**
 * Reads a configuration from untrusted data, for example parsed JSON.
 *
 * Nothing is completed or clipped: a missing field, an unknown one, a number
 * outside its range and fields that contradict each other are all faults.
 *
 * @param input Anything.
 * @returns The configuration, or every fault in it, each with its path.
 *
 * @example Every mistake is named at once
 * ```ts
 * import { decodePretrainConfig, DEFAULT_PRETRAIN_CONFIG, describeFaults } from "@vitfreeze/vitfreeze";
 * import { strictEqual } from "node:assert/strict";
 *
 * const { freeze, training } = DEFAULT_PRETRAIN_CONFIG;
 * const config = decodePretrainConfig({
 *   ...DEFAULT_PRETRAIN_CONFIG,
 *   freeze: { ...freeze, t0: 0 },
 *   training: { ...training, epoch: 5 },
 * });
 *
 * strictEqual(
 *   config._tag === "Left" && describeFaults(config.left),
 *   'freeze.t0: found 0, wanted a number in (0, 1]\n' +
 *     'training.epoch: found 5, wanted no such field; the nearest is "epochs"',
 * );
 * ```
 */
export function decodePretrainConfig(
  input: unknown,
): Result<Faults, PretrainConfig> {
  return decode(pretrainCodec)(withNewWords(input));
}

/**
 * JSON form of a configuration; {@link decodePretrainConfig} reads it back.
 *
 * @param config The configuration.
 * @returns Data that `JSON.stringify` keeps as it is.
 */
export function encodePretrainConfig(config: PretrainConfig): unknown {
  return pretrainCodec.encode(config);
}
