/** Augmentation of the images and batches of a classifier's training. */
import {
  type Codec,
  codecOf,
  decode,
  NOT_NEGATIVE,
  numberIn,
  oneOf,
  PART,
  unwanted,
  wholeFrom,
} from "../codec/codec.ts";
import { nullable, recordOf } from "../codec/structures.ts";
import type { Fault } from "../result.ts";

/** Operations of RandAugment: their number and strength. */
export interface RandAugment {
  /** Operations drawn for an image, with repetition; a whole number `≥ 0`. */
  readonly layers: number;
  /** Probability that a drawn operation is done, in `[0, 1]`. */
  readonly probability: number;
  /** Mean strength, in `[0, 10]`. */
  readonly magnitude: number;
  /** Deviation of the strength, `≥ 0`. */
  readonly deviation: number;
  /** Interpolation of levels between pixels. */
  readonly interpolation: "bilinear" | "bicubic";
}

/** `rand-m9-mstd0.5-inc1`: what MAE fine-tunes with. */
export const RAND_AUGMENT: RandAugment = {
  layers: 2,
  probability: 0.5,
  magnitude: 9,
  deviation: 0.5,
  interpolation: "bicubic",
};

/** Frequency and extent of erasing. */
export interface RandomErasing {
  /** Part of the images, in `[0, 1]`. */
  readonly probability: number;
  /** Area as a part of the image's, `0 < least ≤ largest ≤ 1`. */
  readonly area: readonly [least: number, largest: number];
  /** Height over width, `> 0`. */
  readonly aspect: readonly [least: number, largest: number];
}

/** Random erasing of MAE's fine-tuning. */
export const RANDOM_ERASING: RandomErasing = {
  probability: 0.25,
  area: [0.02, 1 / 3],
  aspect: [0.3, 1 / 0.3],
};

/** Augmentation of a training image, beside mirroring half of them. */
export interface AugmentConfig {
  /** Least and largest part of its area that is cropped, `0 < least ≤ largest ≤ 1`. */
  readonly cropScale: readonly [least: number, largest: number];
  /** Operations on its pixels; `null` is none. */
  readonly randAugment: RandAugment | null;
  /** Noise in a rectangle of some images; `null` is none. */
  readonly erasing: RandomErasing | null;
}

/** Mixing of the images and classes of a batch. */
export interface MixingConfig {
  /** Shape `α` of `Beta(α, α)` for mixup, `≥ 0`; 0 is never. */
  readonly mixupAlpha: number;
  /** Shape of the same for CutMix. */
  readonly cutmixAlpha: number;
  /** Part of the batches that are mixed, in `[0, 1]`. */
  readonly probability: number;
  /** Part of the mixed batches that get CutMix where both are possible, in `[0, 1]`. */
  readonly switchProbability: number;
  /** Part of a class that is spread over all classes, in `[0, 1]`. */
  readonly labelSmoothing: number;
}

/** A least and a largest number. */
type Range = AugmentConfig["cropScale"];

/** Accepts two numbers above 0 that do not fall. */
const rangeUpTo = (most: number, wanted: string): Codec<Range> =>
  codecOf(wanted, (found, place) => {
    if (!Array.isArray(found)) return unwanted(found, place, "WrongType");
    const [least, largest]: readonly unknown[] = found;
    return found.length === 2 && typeof least === "number" &&
        typeof largest === "number" && least > 0 && least <= largest &&
        largest <= most
      ? []
      : unwanted(found, place, "OutOfRange");
  });

/** Codec of the part of an image's area that a crop takes. */
export const partOfArea: Codec<Range> = rangeUpTo(1, "0 < lower ≤ upper ≤ 1");

const ratios = rangeUpTo(Number.MAX_VALUE, "0 < lower ≤ upper, finite");

/** Operations on pixels and noise in a rectangle, each `null` for none. */
const changes = {
  randAugment: nullable(recordOf<RandAugment>({
    layers: wholeFrom(0),
    probability: PART,
    magnitude: numberIn(
      "a number in [0, 10]",
      (value) => value >= 0 && value <= 10,
    ),
    deviation: NOT_NEGATIVE,
    interpolation: oneOf<RandAugment["interpolation"]>("bilinear", "bicubic"),
  })),
  erasing: nullable(recordOf<RandomErasing>({
    probability: PART,
    area: partOfArea,
    aspect: ratios,
  })),
};

/** Codec of an image's augmentation. */
export const augmentCodec: Codec<AugmentConfig> = recordOf<AugmentConfig>({
  cropScale: partOfArea,
  ...changes,
});

/** Crop, mirroring and changes of a training image. */
export interface Augmentation extends Omit<AugmentConfig, "cropScale"> {
  /** Least and largest part of its area that is cropped, `0 < least ≤ largest ≤ 1`. */
  readonly scale: readonly [least: number, largest: number];
  /** Least and largest width of the crop over its height, `> 0`. */
  readonly ratio: readonly [least: number, largest: number];
  /** Part of the images that are mirrored left to right, in `[0, 1]`. */
  readonly flipProbability: number;
}

const augmentationCodec = recordOf<Augmentation>({
  scale: partOfArea,
  ratio: ratios,
  flipProbability: PART,
  ...changes,
});

/** Faults of the fields of an augmentation; others are not looked at. */
export function augmentationFaults(
  { scale, ratio, flipProbability, randAugment, erasing }: Augmentation,
): readonly Fault[] {
  const found = { scale, ratio, flipProbability, randAugment, erasing };
  const checked = decode(augmentationCodec)(found);
  return checked._tag === "Left" ? checked.left : [];
}

/** Codec of a batch's mixing. */
export const mixingCodec: Codec<MixingConfig> = recordOf<MixingConfig>({
  mixupAlpha: NOT_NEGATIVE,
  cutmixAlpha: NOT_NEGATIVE,
  probability: PART,
  switchProbability: PART,
  labelSmoothing: PART,
});
