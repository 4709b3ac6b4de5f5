/** The view of an image: the pixels that the model sees, drawn by the keys of a sample. */
import {
  type Key,
  sampleKey,
  type SamplePurpose,
  uniforms,
} from "../../core/mod.ts";
import type { Interpolation } from "../augment/affine.ts";
import type { PixelOp } from "../augment/pixel_op.ts";
import { drawPixelOps } from "../augment/rand_augment.ts";
import { drawErased, type Erased } from "../augment/random_erasing.ts";
import {
  type PixelBox,
  type RawImage,
  type Size,
  wholeOf,
} from "../image/raw_image.ts";
import { randomResizedCrop, singleTryCrop } from "./random_resized_crop.ts";
import type {
  EvalTransform,
  LearningTransform,
  PaddedCropTransform,
  TrainTransform,
} from "./transform.ts";

/** One image under a transform, in the order in which it is done. */
export interface View {
  /** Part of the image that is kept. */
  readonly crop: PixelBox;
  /** Size that the part is resized to. */
  readonly scaled: Size;
  /** Part of the resized image that the model sees; what lies outside of it is black. */
  readonly window: PixelBox;
  /** True if it is mirrored left to right. */
  readonly flip: boolean;
  /** Operations on its pixels. */
  readonly ops: readonly PixelOp[];
  /** Interpolation of those that move pixels. */
  readonly interpolation: Interpolation;
  /** Rectangle that becomes noise after normalisation, if there is one. */
  readonly erased: Erased | null;
}

/** A view half done: decoded, before resizing, window and flip. */
export interface CroppedView {
  /** The geometry. */
  readonly view: View;
  /** Pixels; there may be more of them than the view keeps. */
  readonly image: RawImage;
  /** Place of the crop among them. */
  readonly box: PixelBox;
}

/** Pixels stay what they are. */
export const PLAIN: Pick<View, "flip" | "ops" | "interpolation" | "erased"> = {
  flip: false,
  ops: [],
  interpolation: "bicubic",
  erased: null,
};

/** Keys of one sample by purpose. */
export type SampleKeys = (purpose: SamplePurpose) => Key;

/**
 * The view of an image for learning.
 *
 * @param keys Keys of the sample: `"crop"`, `"flip"`, `"augment"` and `"erase"` are
 * used.
 */
export function trainView(
  transform: TrainTransform,
  image: Size,
  keys: SampleKeys,
): View {
  const { imageSize, scale, ratio, flipProbability } = transform;
  const { cropRule, randAugment, erasing } = transform;
  const cropBy = cropRule === "singleTry" ? singleTryCrop : randomResizedCrop;
  const scaled = { width: imageSize, height: imageSize };
  const [u = 0] = uniforms(keys("flip"), 1);
  return {
    crop: cropBy(keys("crop"), image, { scale, ratio }),
    scaled,
    window: wholeOf(scaled),
    flip: u < flipProbability,
    ops: randAugment === null ? [] : drawPixelOps(randAugment, keys("augment")),
    interpolation: randAugment?.interpolation ?? "bicubic",
    erased: erasing === null
      ? null
      : drawErased(erasing, scaled, keys("erase")),
  };
}

/**
 * The view of a small image for training: all of it, shifted by at most
 * `padding` pixels each way, all moves equally likely.
 *
 * @param keys Keys of the sample: `"crop"` and `"flip"` are used.
 * @returns The geometry; its window may reach over the border.
 */
export function paddedCropView(
  { imageSize, padding, flipProbability }: PaddedCropTransform,
  image: Size,
  keys: SampleKeys,
): View {
  const scaled = { width: imageSize, height: imageSize };
  const [u = 0] = uniforms(keys("flip"), 1);
  const [left = 0, top = 0] = Array.from(
    uniforms(keys("crop"), 2),
    (v) => Math.floor(v * (2 * padding + 1)) - padding,
  );
  return {
    crop: wholeOf(image),
    scaled,
    window: { ...scaled, left, top },
    ...PLAIN,
    flip: u < flipProbability,
  };
}

/** The view of an image for learning. */
export function learningView(
  transform: LearningTransform,
  image: Size,
  keys: SampleKeys,
): View {
  switch (transform._tag) {
    case "TrainTransform":
      return trainView(transform, image, keys);
    case "PaddedCropTransform":
      return paddedCropView(transform, image, keys);
  }
}

/** Half of what is cut off; half a pixel goes to the even side, as in Python. */
function marginOf(length: number, kept: number): number {
  const margin = (length - kept) / 2;
  return Number.isInteger(margin) ? margin : 2 * Math.round(margin / 2);
}

/**
 * The view of an image for evaluation: nothing is random.
 *
 * @returns The geometry; its boxes lie inside the image.
 */
export function evalView(
  { imageSize, resizeSize }: Pick<EvalTransform, "imageSize" | "resizeSize">,
  image: Size,
): View {
  const shorter = Math.min(image.width, image.height);
  const side = (length: number): number =>
    Math.floor(resizeSize * length / shorter);
  const scaled = { width: side(image.width), height: side(image.height) };
  return {
    crop: wholeOf(image),
    scaled,
    window: {
      left: marginOf(scaled.width, imageSize),
      top: marginOf(scaled.height, imageSize),
      width: imageSize,
      height: imageSize,
    },
    ...PLAIN,
  };
}

/** A random view that belongs to an epoch of a run. */
export interface TrainRule {
  /** The transform of the images. */
  readonly transform: LearningTransform;
  /** Seed of the run. */
  readonly seed: number;
  /** Epoch, counted from 0. */
  readonly epoch: number;
}

/** The same view every time. */
export interface EvalRule {
  /** The transform of the images. */
  readonly transform: EvalTransform;
}

/** Rule by which views are chosen. */
export type ViewRule = TrainRule | EvalRule;

/**
 * The view of one image: a function of the rule, of the index of the image in
 * its source, and of its size.
 *
 * @param index The image, in `[0, length)` of its source.
 */
export function viewBy(rule: ViewRule, index: number): (image: Size) => View {
  if (!("seed" in rule)) return (image) => evalView(rule.transform, image);
  const { transform, seed, epoch } = rule;
  return (image) =>
    learningView(
      transform,
      image,
      (purpose) => sampleKey(seed, epoch, index, purpose),
    );
}
