/**
 * Which pixels of an image the model sees.
 *
 * @module
 */
import { type Key, type SamplePurpose, uniforms } from "../core/mod.ts";
import type { Size } from "./image_source.ts";
import { type PixelBox, randomResizedCrop } from "./random_resized_crop.ts";
import type { EvalTransform, TrainTransform } from "./transform.ts";

/** Geometry of a transform for one image, in the order in which it is done. */
export interface View {
  /** Part of the image that is kept. */
  readonly crop: PixelBox;
  /** Size that the part is resized to. */
  readonly scaled: Size;
  /** Part of the resized image that the model sees. */
  readonly window: PixelBox;
  /** Whether it is mirrored left to right at the end. */
  readonly flip: boolean;
}

/** Keys of one sample by purpose. */
export type SampleKeys = (purpose: SamplePurpose) => Key;

const wholeOf = ({ width, height }: Size): PixelBox => ({
  left: 0,
  top: 0,
  width,
  height,
});

/**
 * What a model sees of an image while it learns.
 *
 * @param transform The transform.
 * @param image Size of the image, pixels.
 * @param keys Keys of the sample: `"crop"` and `"flip"` are used.
 * @returns The geometry; its boxes lie inside the image.
 */
export function trainView(
  { imageSize, scale, ratio, flipProbability }: TrainTransform,
  image: Size,
  keys: SampleKeys,
): View {
  const scaled = { width: imageSize, height: imageSize };
  const [u = 0] = uniforms(keys("flip"), 1);
  return {
    crop: randomResizedCrop(keys("crop"), image, { scale, ratio }),
    scaled,
    window: wholeOf(scaled),
    flip: u < flipProbability,
  };
}

/**
 * What a model sees of an image when it is judged: nothing is random.
 *
 * @param transform The transform.
 * @param image Size of the image, pixels.
 * @returns The geometry; its boxes lie inside the image.
 */
export function evalView(
  { imageSize, resizeSize }: EvalTransform,
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
      left: Math.round((scaled.width - imageSize) / 2),
      top: Math.round((scaled.height - imageSize) / 2),
      width: imageSize,
      height: imageSize,
    },
    flip: false,
  };
}
