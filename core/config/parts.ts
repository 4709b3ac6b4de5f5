/** Parts of configurations: freezing, learning rates, length, clipping. */
import {
  type Codec,
  NOT_NEGATIVE,
  numberIn,
  oneOf,
  POSITIVE,
  wholeFrom,
} from "../codec/codec.ts";
import {
  type FieldCodecs,
  listOf,
  optional,
  recordOf,
  refined,
  taggedUnion,
} from "../codec/structures.ts";
import { type Fault, inconsistent } from "../result.ts";
import type { WarmupMode } from "../schedule/annealing.ts";
import {
  type FreezeScale,
  type FreezeTimes,
  listedTimes,
} from "../schedule/freeze_time.ts";

/** Freeze times of the layers. */
export interface FreezeConfig extends FreezeTimes {
  /** True if the patch embedding is layer 0; if not, it is never frozen. */
  readonly freezePatchEmbed: boolean;
  /**
   * The class token freezes with layer 0, or never. If it never freezes, every
   * backward pass runs through all frozen blocks to reach it.
   */
  readonly classToken: "withLayer0" | "neverFrozen";
}

/** Relation between the rates of layers. */
export type RateMode =
  /** Each layer has its own cosine from `α / t_i^power` to 0 (LR-LR). */
  | {
    readonly _tag: "LayerWise";
    /** Exponent, `≥ 0`: 1 scaled, 0 unscaled. */
    readonly power: number;
  }
  /** All layers follow one cosine down to `endRate` and stop at their freeze times. */
  | { readonly _tag: "Uniform" };

/** Learning rates of the layers. */
export interface RateConfig {
  /** Rate `α ≥ 0` before scaling, for the batch that is really used. */
  readonly baseRate: number;
  /** Rate in `[0, baseRate]` at the end of the common cosine; layer-wise cosines end at 0. */
  readonly endRate: number;
  /** Own cosines or a common one. */
  readonly mode: RateMode;
  /** Exponent `≥ 0` of the factor on early stages (SR-LR); 0 is off. */
  readonly stagePower: number;
  /** Effect of the warm-up on a layer. */
  readonly warmup: WarmupMode;
}

/** Length and batches of the run. */
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

/** Clipping of gradients. */
export interface ClippingConfig {
  /**
   * Greatest length, above 0, of all gradients of a step together: longer ones are
   * scaled down to it (`clipFactor`) before the optimizer sees them. Without, nothing
   * is clipped, as in the papers.
   */
  readonly clipGrad?: number;
}

/** Range of `t0`, in words and as a condition. */
export const T0_RANGE = {
  wanted: "a number in (0, 1]",
  holds: (value: number): boolean => value > 0 && value <= 1,
} as const;

const timeCodec: Codec<number> = numberIn(T0_RANGE.wanted, T0_RANGE.holds);

/** Codecs of when layers freeze. */
const timeFields: FieldCodecs<FreezeTimes> = {
  t0: timeCodec,
  scale: oneOf<FreezeScale>("linear", "squared", "cubic"),
  times: optional(listOf(timeCodec)),
};

/** Faults of a list of freeze times that falls or ends before the run. */
const listFaults = (times: readonly number[]): readonly Fault[] =>
  times.flatMap((time, i) => {
    const before = times[i - 1] ?? 0;
    const isLast = i === times.length - 1;
    return [
      ...inconsistent(
        time >= before,
        `times[${i}]`,
        time,
        `at least ${before}, the freeze time of the layer before`,
      ),
      ...inconsistent(
        !isLast || time === 1,
        `times[${i}]`,
        time,
        "1: the last layer never freezes",
      ),
    ];
  });

/** Faults of a rule that is not that of the list beside it. */
const ruleFaults = (freeze: FreezeTimes): readonly Fault[] => {
  const { t0, scale } = listedTimes(freeze.times ?? []);
  return [
    ...inconsistent(
      freeze.t0 === t0,
      "t0",
      freeze.t0,
      `${t0}, the first of the listed times`,
    ),
    ...inconsistent(
      freeze.scale === scale,
      "scale",
      freeze.scale,
      `${scale}: listed times are not bent`,
    ),
  ];
};

const withTimes = <Times extends FreezeTimes>(
  codec: Codec<Times>,
): Codec<Times> =>
  refined(
    codec,
    (freeze) =>
      freeze.times === undefined
        ? []
        : [...listFaults(freeze.times), ...ruleFaults(freeze)],
  );

/** Codec of when layers freeze. */
export const freezeTimesCodec: Codec<FreezeTimes> = withTimes(
  recordOf<FreezeTimes>(timeFields),
);

/** Codec of freezing. */
export const freezeCodec: Codec<FreezeConfig> = withTimes(
  recordOf<FreezeConfig>({
    ...timeFields,
    freezePatchEmbed: oneOf(true, false),
    classToken: oneOf("withLayer0", "neverFrozen"),
  }),
);

type LayerWise = Extract<RateMode, { _tag: "LayerWise" }>;
type Uniform = Extract<RateMode, { _tag: "Uniform" }>;

/** Codecs of learning rates. */
export const rateFields: FieldCodecs<RateConfig> = {
  baseRate: NOT_NEGATIVE,
  endRate: NOT_NEGATIVE,
  mode: taggedUnion<RateMode>({
    LayerWise: recordOf<LayerWise>({
      _tag: oneOf("LayerWise"),
      power: NOT_NEGATIVE,
    }),
    Uniform: recordOf<Uniform>({ _tag: oneOf("Uniform") }),
  }),
  stagePower: NOT_NEGATIVE,
  warmup: oneOf<WarmupMode>("perLayer", "shared"),
};

/** Accepts rates that end no higher than they begin. */
export const fallingRates = <Rates extends RateConfig>(
  codec: Codec<Rates>,
): Codec<Rates> =>
  refined(codec, ({ baseRate, endRate }) =>
    inconsistent(
      endRate <= baseRate,
      "endRate",
      endRate,
      `at most ${baseRate} (baseRate)`,
    ));

/** Accepts rates that fall. */
export const rateCodec: Codec<RateConfig> = fallingRates(
  recordOf<RateConfig>(rateFields),
);

/** Faults of a warm-up that ends no earlier than the run. */
export const warmupWithinRun = (
  training: Pick<TrainingConfig, "epochs" | "warmupEpochs">,
): readonly Fault[] =>
  inconsistent(
    training.warmupEpochs < training.epochs,
    "warmupEpochs",
    training.warmupEpochs,
    `less than ${training.epochs} (epochs)`,
  );

/** Accepts lengths of a training. */
export const trainingCodec: Codec<TrainingConfig> = refined(
  recordOf<TrainingConfig>({
    epochs: wholeFrom(1),
    warmupEpochs: NOT_NEGATIVE,
    batchSize: wholeFrom(1),
    accumIter: wholeFrom(1),
    seed: wholeFrom(0),
  }),
  warmupWithinRun,
);

/** Accepts a length to clip at, or none. */
export const clipGradCodec: Codec<number | undefined> = optional(POSITIVE);
