/** Random erasing: noise in a rectangle of some images. */
import {
  type Key,
  normals,
  type RandomErasing,
  split,
  uniforms,
} from "../../core/mod.ts";
import type { PixelBox, Size } from "../image/raw_image.ts";

/** A rectangle and the noise in it. */
export interface Erased {
  /** The rectangle. */
  readonly box: PixelBox;
  /** Key of its noise. */
  readonly noise: Key;
}

/** Draws before an image is left whole. */
const TRIES = 10;
/** A draw needs an area, a shape, a row and a column. */
const NUMBERS_PER_TRY = 4;

const between = ([low, high]: readonly [number, number], u: number): number =>
  low + (high - low) * u;

/** The box of one draw, or `null` if it is not smaller than the image in both directions. */
function tryBox(
  { area, aspect: [flat, tall] }: RandomErasing,
  { width, height }: Size,
  [part = 0, shape = 0, row = 0, column = 0]: Float64Array,
): PixelBox | null {
  const pixels = between(area, part) * width * height;
  const aspect = Math.exp(between([Math.log(flat), Math.log(tall)], shape));
  const boxHeight = Math.round(Math.sqrt(pixels * aspect));
  const boxWidth = Math.round(Math.sqrt(pixels / aspect));
  return boxWidth >= width || boxHeight >= height ? null : {
    left: Math.floor(column * (width - boxWidth + 1)),
    top: Math.floor(row * (height - boxHeight + 1)),
    width: boxWidth,
    height: boxHeight,
  };
}

/**
 * Draws what is erased of an image: an area uniform in `area`, a shape uniform in
 * `aspect` on the logarithmic scale, a place uniform among all; the first of ten draws
 * that is smaller than the image.
 *
 * @param image Size of the image that the model sees, pixels.
 * @returns `null` if nothing is.
 *
 * @see Zhong et al., Random Erasing Data Augmentation, 2017.
 */
export function drawErased(
  config: RandomErasing,
  image: Size,
  key: Key,
): Erased | null {
  const [u = 0] = uniforms(split(key, "whether"), 1);
  if (u >= config.probability) return null;
  const numbers = uniforms(split(key, "box"), TRIES * NUMBERS_PER_TRY);
  for (let at = 0; at < numbers.length; at += NUMBERS_PER_TRY) {
    const draw = numbers.subarray(at, at + NUMBERS_PER_TRY);
    const box = tryBox(config, image, draw);
    if (box !== null) return { box, noise: split(key, "noise") };
  }
  return null;
}

/**
 * Writes noise into a normalised image: each number of the rectangle, in every
 * channel, becomes one from the standard normal distribution.
 *
 * @param erased The rectangle; inside the image.
 * @param pixels The image `[C, H, W]`; it is changed.
 */
export function erase(
  { box, noise }: Erased,
  { width, height }: Size,
  pixels: Float32Array,
): void {
  const channels = pixels.length / (width * height);
  const numbers = normals(noise, channels * box.width * box.height);
  let from = 0;
  for (let channel = 0; channel < channels; channel++) {
    for (let y = box.top; y < box.top + box.height; y++) {
      const to = (channel * height + y) * width + box.left;
      pixels.set(numbers.subarray(from, from + box.width), to);
      from += box.width;
    }
  }
}
