/** Transforms of images for training and for evaluation, as data. */
import {
  type Augmentation,
  augmentationFaults,
  type Fault,
  type Faults,
  type Result,
} from "../../core/mod.ts";
import { unlessFaulty, wholeFault } from "../report/data_error.ts";
import type { Normalization } from "../image/normalization.ts";

/** Common to all transforms: normalised square images. */
export interface ImageFormat {
  /** Side of the square image, pixels. */
  readonly imageSize: number;
  /** Channels: 1 for grey, 3 for colour; images are converted. */
  readonly inChannels: number;
  /** Statistics that the pixels are normalised with, of one or three channels. */
  readonly normalization: Normalization;
}

/** A random part of the image, sometimes mirrored: for learning. */
export interface TrainTransform extends ImageFormat, Augmentation {
  /** Discriminant. */
  readonly _tag: "TrainTransform";
  /** Rule for a crop that does not fit: another try, or its sides are cut. */
  readonly cropRule: "retry" | "singleTry";
}

/** The image shifted by a few pixels, sometimes mirrored: for training on small images. */
export interface PaddedCropTransform extends ImageFormat {
  /** Discriminant. */
  readonly _tag: "PaddedCropTransform";
  /** Black pixels around the image, out of which a part of its own size is cut. */
  readonly padding: number;
  /** Part of the images that are mirrored left to right, in `[0, 1]`. */
  readonly flipProbability: number;
}

/** A transform for learning. */
export type LearningTransform = TrainTransform | PaddedCropTransform;

/** The middle of the image, for evaluation. */
export interface EvalTransform extends ImageFormat {
  /** Discriminant. */
  readonly _tag: "EvalTransform";
  /** Length that the shorter side gets before the middle is cut out, pixels. */
  readonly resizeSize: number;
}

/**
 * True if every pixel of a view is one of 256 levels of its channel: nothing is written
 * after normalisation, as random erasing does.
 */
export const keepsLevels = (transform: LearningTransform): boolean =>
  transform._tag === "PaddedCropTransform" || transform.erasing === null;

function normalizationFault(
  { mean, deviation }: Normalization,
): Fault | null {
  const holds = (mean.length === 1 || mean.length === 3) &&
    mean.length === deviation.length &&
    mean.every(Number.isFinite) &&
    deviation.every((d) => d > 0 && Number.isFinite(d));
  return holds ? null : {
    _tag: "Inconsistent",
    path: "normalization",
    found: { mean, deviation },
    wanted: "1 or 3 finite means and as many deviations > 0",
  };
}

const partFault = (path: string, found: number): Fault | null =>
  found >= 0 && found <= 1
    ? null
    : { _tag: "OutOfRange", path, found, wanted: "a number in [0, 1]" };

const formatFaults = (format: ImageFormat): readonly (Fault | null)[] => [
  wholeFault("imageSize", format.imageSize, 1, Infinity),
  format.inChannels === 1 || format.inChannels === 3 ? null : {
    _tag: "OutOfRange",
    path: "inChannels",
    found: format.inChannels,
    wanted: "1 or 3",
  },
  normalizationFault(format.normalization),
];

/**
 * The transform of masked image modelling: RandomResizedCrop with bicubic
 * interpolation, horizontal flip, normalisation. No other augmentation unless it is
 * asked for.
 *
 * @param options Format, and what differs from the defaults: areas `0.2–1`,
 * ratios `3/4–4/3`, crops that do not fit are drawn again, half of the images
 * mirrored, no operations on pixels, nothing erased.
 * @returns The transform, or all that is wrong with the options.
 *
 * @see He et al., Masked Autoencoders Are Scalable Vision Learners, 2021, table 8.
 *
 * @example The defaults, for photographs
 * ```ts
 * import { IMAGENET_NORMALIZATION, trainTransform } from "@vitfreeze/vitfreeze";
 * import { strictEqual } from "node:assert/strict";
 *
 * const transform = trainTransform({
 *   imageSize: 224,
 *   inChannels: 3,
 *   normalization: IMAGENET_NORMALIZATION,
 * });
 *
 * strictEqual(transform._tag === "Right" && transform.right.flipProbability, 0.5);
 * ```
 */
export function trainTransform(
  options: ImageFormat & Partial<Omit<TrainTransform, "_tag">>,
): Result<Faults, TrainTransform> {
  const transform: TrainTransform = {
    scale: [0.2, 1],
    ratio: [3 / 4, 4 / 3],
    flipProbability: 0.5,
    cropRule: "retry",
    randAugment: null,
    erasing: null,
    ...options,
    _tag: "TrainTransform",
  };
  return unlessFaulty(transform, [
    ...formatFaults(options),
    ...augmentationFaults(transform),
  ]);
}

/**
 * The transform that is customary for CIFAR: black pixels around the image, a part of
 * the image's own size cut out at random, horizontal flip, normalisation.
 *
 * @param options Format, and what differs from the defaults: 4 pixels on each side,
 * half of the images mirrored.
 * @returns The transform, or all that is wrong with the options.
 *
 * @see He et al., Deep Residual Learning for Image Recognition, 2016, section 4.2.
 *
 * @example The defaults
 * ```ts
 * import { paddedCropTransform } from "@vitfreeze/vitfreeze";
 * import { CIFAR100_NORMALIZATION } from "../image/normalization.ts";
 * import { strictEqual } from "node:assert/strict";
 *
 * const transform = paddedCropTransform({
 *   imageSize: 32,
 *   inChannels: 3,
 *   normalization: CIFAR100_NORMALIZATION,
 * });
 *
 * strictEqual(transform._tag === "Right" && transform.right.padding, 4);
 * ```
 */
export function paddedCropTransform(
  options: ImageFormat & Partial<Omit<PaddedCropTransform, "_tag">>,
): Result<Faults, PaddedCropTransform> {
  const transform: PaddedCropTransform = {
    padding: 4,
    flipProbability: 0.5,
    ...options,
    _tag: "PaddedCropTransform",
  };
  return unlessFaulty(transform, [
    ...formatFaults(options),
    wholeFault("padding", transform.padding, 0, options.imageSize),
    partFault("flipProbability", transform.flipProbability),
  ]);
}

/**
 * The transform of evaluation: the shorter side is resized, the middle cut out.
 *
 * @param options Format, and `resizeSize` (at least `imageSize`, which is the
 * default; 256 for 224 is customary with photographs).
 * @returns The transform, or all that is wrong with the options.
 */
export function evalTransform(
  options: ImageFormat & Partial<Omit<EvalTransform, "_tag">>,
): Result<Faults, EvalTransform> {
  const transform: EvalTransform = {
    resizeSize: options.imageSize,
    ...options,
    _tag: "EvalTransform",
  };
  return unlessFaulty(transform, [
    ...formatFaults(options),
    wholeFault("resizeSize", transform.resizeSize, options.imageSize, Infinity),
  ]);
}
