/**
 * Bicubic resizing of 8-bit images.
 *
 * @module
 */
import type { RawImage, Size } from "./image_source.ts";
import type { PixelBox } from "./random_resized_crop.ts";

/** Sharpness of the kernel; PIL and libvips use the same. */
const A = -0.5;
/** The kernel is 0 from here on, in samples. */
const RADIUS = 2;

/**
 * Keys' cubic convolution kernel with `a = −½`.
 *
 * @param x Distance from the sample.
 *
 * @see Keys, Cubic Convolution Interpolation for Digital Image Processing, 1981, eq. 15.
 */
export function cubicKernel(x: number): number {
  const d = Math.abs(x);
  if (d < 1) return ((A + 2) * d - (A + 3)) * d * d + 1;
  if (d < RADIUS) return ((A * d - 5 * A) * d + 8 * A) * d - 4 * A;
  return 0;
}

/** The input samples that make one output sample. */
interface Taps {
  /** First of them. */
  readonly first: number;
  /** Their weights; the sum is 1. */
  readonly weights: readonly number[];
}

/**
 * The rule of PIL: the kernel is stretched when an image shrinks, so that every
 * input sample counts, and cut and renormalised at the borders.
 */
function tapsOf(input: number, output: number): readonly Taps[] {
  const scale = input / output;
  const stretch = Math.max(scale, 1);
  return Array.from({ length: output }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const reach = RADIUS * stretch;
    const first = Math.max(Math.floor(centre - reach + 0.5), 0);
    const end = Math.min(Math.floor(centre + reach + 0.5), input);
    const raw: number[] = [];
    for (let k = first; k < end; k++) {
      raw.push(cubicKernel((k + 0.5 - centre) / stretch));
    }
    const sum = raw.reduce((total, weight) => total + weight, 0);
    return { first, weights: raw.map((weight) => weight / sum) };
  });
}

/** Weighted sum of samples that lie `step` apart, to the nearest level. */
function weighted(
  samples: Uint8Array | Uint8ClampedArray,
  first: number,
  step: number,
  weights: readonly number[],
): number {
  let sum = 0;
  for (let k = 0; k < weights.length; k++) {
    sum += (weights[k] ?? 0) * (samples[first + k * step] ?? 0);
  }
  return Math.round(sum);
}

/** The crop, as wide as wanted and as high as it was. */
function resampleRows(
  image: RawImage,
  crop: PixelBox,
  width: number,
): RawImage {
  const { channels } = image;
  const taps = tapsOf(crop.width, width);
  // Clamped: the kernel is negative in places, so sums leave the 8 bits.
  const pixels = new Uint8ClampedArray(crop.height * width * channels);
  let at = 0;
  for (let y = 0; y < crop.height; y++) {
    const row = (crop.top + y) * image.width + crop.left;
    for (const { first, weights } of taps) {
      const from = (row + first) * channels;
      for (let c = 0; c < channels; c++) {
        pixels[at++] = weighted(image.pixels, from + c, channels, weights);
      }
    }
  }
  return { ...image, width, height: crop.height, pixels };
}

/** The image as high as wanted; channels are like further columns here. */
function resampleColumns(image: RawImage, height: number): RawImage {
  const row = image.width * image.channels;
  const pixels = new Uint8ClampedArray(height * row);
  let at = 0;
  for (const { first, weights } of tapsOf(image.height, height)) {
    for (let i = 0; i < row; i++) {
      pixels[at++] = weighted(image.pixels, first * row + i, row, weights);
    }
  }
  return { ...image, height, pixels };
}

/**
 * Resizes a part of an image with PIL's antialiased bicubic filter: rows, then
 * columns, each rounded to 8 bits.
 *
 * Made for small images in memory, where handing them to a native library costs
 * more than the work.
 *
 * @param image The image, 8 bits a sample.
 * @param crop Part of it; pixels outside have no influence.
 * @param size Wanted width and height, pixels.
 * @returns An image of that size with the same channels.
 *
 * @example Half as high and wide: a flat picture stays as it is
 * ```ts
 * import { resizeBicubic } from "@vitfreeze/vitfreeze/data";
 * import { deepEqual } from "node:assert/strict";
 *
 * const grey = { width: 4, height: 4, channels: 1, pixels: new Uint8Array(16).fill(90) } as const;
 * const box = { left: 0, top: 0, width: 4, height: 4 };
 * const half = resizeBicubic({ _tag: "RawImage", ...grey }, box, { width: 2, height: 2 });
 *
 * deepEqual([...half.pixels], [90, 90, 90, 90]);
 * ```
 */
export function resizeBicubic(
  image: RawImage,
  crop: PixelBox,
  size: Size,
): RawImage {
  return resampleColumns(resampleRows(image, crop, size.width), size.height);
}
