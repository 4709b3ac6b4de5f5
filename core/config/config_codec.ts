/**
 * Which configurations are accepted.
 *
 * @module
 */
import { type Codec, decode, numberIn, oneOf, wholeFrom } from "../codec/codec.ts";
import {
  optional,
  recordOf,
  refined,
  taggedUnion,
} from "../codec/structures.ts";
import { modelCodec } from "../models/model_codec.ts";
import type { Fault, Faults, Result } from "../result.ts";
import type { WarmupMode } from "../schedule/annealing.ts";
import type { FreezeScale } from "../schedule/freeze_time.ts";
import type {
  AdamWConfig,
  FreezeConfig,
  OptimizerConfig,
  PretrainConfig,
  RateConfig,
  RateMode,
  SgdConfig,
  TrainingConfig,
} from "./pretrain.ts";

const notNegative = numberIn("a number of at least 0", (value) => value >= 0);
const positive = numberIn("a number above 0", (value) => value > 0);
const decay = numberIn(
  "a number in [0, 1)",
  (value) => value >= 0 && value < 1,
);

/** Accepts `t0` in `(0, 1]` and the known options. */
export const freezeCodec: Codec<FreezeConfig> = recordOf<FreezeConfig>({
  t0: numberIn("a number in (0, 1]", (value) => value > 0 && value <= 1),
  scale: oneOf<FreezeScale>("linear", "squared", "cubic"),
  freezePatchEmbed: oneOf(true, false),
  classToken: oneOf("withLayer0", "neverFrozen"),
});

type LayerWise = Extract<RateMode, { _tag: "LayerWise" }>;
type Uniform = Extract<RateMode, { _tag: "Uniform" }>;

const endBelowBase = ({ baseRate, endRate }: RateConfig): readonly Fault[] =>
  endRate <= baseRate ? [] : [{
    _tag: "Inconsistent",
    path: "endRate",
    found: endRate,
    wanted: `at most ${baseRate} (baseRate)`,
  }];

/** Accepts rates that fall. */
export const rateCodec: Codec<RateConfig> = refined(
  recordOf<RateConfig>({
    baseRate: notNegative,
    endRate: notNegative,
    mode: taggedUnion<RateMode>({
      LayerWise: recordOf<LayerWise>({
        _tag: oneOf("LayerWise"),
        power: notNegative,
      }),
      Uniform: recordOf<Uniform>({ _tag: oneOf("Uniform") }),
    }),
    stagePower: notNegative,
    warmup: oneOf<WarmupMode>("figure", "code"),
  }),
  endBelowBase,
);

/** Accepts rules of optimizers with their constants in range. */
export const optimizerCodec: Codec<OptimizerConfig> = taggedUnion<
  OptimizerConfig
>({
  AdamW: recordOf<AdamWConfig>({
    _tag: oneOf("AdamW"),
    beta1: decay,
    beta2: decay,
    epsilon: positive,
    weightDecay: notNegative,
  }),
  Sgd: recordOf<SgdConfig>({
    _tag: oneOf("Sgd"),
    momentum: decay,
    weightDecay: notNegative,
  }),
});

const warmupWithinRun = (training: TrainingConfig): readonly Fault[] =>
  training.warmupEpochs < training.epochs ? [] : [{
    _tag: "Inconsistent",
    path: "warmupEpochs",
    found: training.warmupEpochs,
    wanted: `less than ${training.epochs} (epochs)`,
  }];

const trainingCodec: Codec<TrainingConfig> = refined(
  recordOf<TrainingConfig>({
    epochs: wholeFrom(1),
    warmupEpochs: notNegative,
    batchSize: wholeFrom(1),
    accumIter: wholeFrom(1),
    seed: wholeFrom(0),
  }),
  warmupWithinRun,
);

/** Accepts a length to clip at, or none. */
export const clipGradCodec: Codec<number | undefined> = optional(positive);

const pretrainCodec: Codec<PretrainConfig> = recordOf<PretrainConfig>({
  version: oneOf(1),
  model: modelCodec,
  freeze: freezeCodec,
  rate: rateCodec,
  optimizer: optimizerCodec,
  training: trainingCodec,
  frozenPrecision: optional(oneOf("int8")),
  clipGrad: clipGradCodec,
});

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
 * import {
 *   decodePretrainConfig,
 *   DEFAULT_PRETRAIN_CONFIG,
 *   describeFaults,
 * } from "@vitfreeze/vitfreeze/core";
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
  return decode(pretrainCodec)(input);
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
