/**
 * Bicubic resizing of 8-bit images.
 *
 * @module
 */
import { cutOut } from "./cut_out.ts";
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

/** Which input samples make each output sample, and how much each counts. */
interface Taps {
  /** First input sample of each output sample. */
  readonly firsts: Int32Array;
  /** How many there are. */
  readonly counts: Int32Array;
  /** Weights, those of output `i` from `i·stride` on; their sum is 1. */
  readonly weights: Float64Array;
  /** Room for the weights of one output sample. */
  readonly stride: number;
}

/**
 * The rule of PIL: the kernel is stretched when an image shrinks, so that every
 * input sample counts, and cut and renormalised at the borders.
 */
function tapsOf(input: number, output: number): Taps {
  const scale = input / output;
  const stretch = Math.max(scale, 1);
  const reach = RADIUS * stretch;
  const stride = Math.ceil(2 * reach) + 1;
  const firsts = new Int32Array(output);
  const counts = new Int32Array(output);
  const weights = new Float64Array(output * stride);
  for (let i = 0; i < output; i++) {
    const centre = (i + 0.5) * scale;
    const first = Math.max(Math.floor(centre - reach + 0.5), 0);
    const count = Math.min(Math.floor(centre + reach + 0.5), input) - first;
    firsts[i] = first;
    counts[i] = count;
    const own = weights.subarray(i * stride, i * stride + count);
    let sum = 0;
    for (let k = 0; k < count; k++) {
      sum += own[k] = cubicKernel((first + k + 0.5 - centre) / stretch);
    }
    for (let k = 0; k < count; k++) own[k] = (own[k] ?? 0) / sum;
  }
  return { firsts, counts, weights, stride };
}

/**
 * The same memory, no longer clamping. The kernel is negative in places, so sums
 * leave the 8 bits and have to be clamped when they are stored.
 */
const bytesOf = (levels: Uint8ClampedArray<ArrayBuffer>): Uint8Array =>
  new Uint8Array(levels.buffer);

/** A row of `[width, C]` samples as wide as the taps want it. */
function resampleRow(
  { firsts, counts, weights, stride }: Taps,
  channels: number,
  from: Uint8Array,
  to: Uint8ClampedArray,
): void {
  for (let x = 0; x < firsts.length; x++) {
    const tap = x * stride;
    const last = tap + (counts[x] ?? 0);
    for (let c = 0; c < channels; c++) {
      let at = (firsts[x] ?? 0) * channels + c;
      let sum = 0.5;
      for (let k = tap; k < last; k++, at += channels) {
        sum += (weights[k] ?? 0) * (from[at] ?? 0);
      }
      to[x * channels + c] = Math.floor(sum);
    }
  }
}

/** The image as wide as wanted: every sample a weighted sum of its row. */
function resampleRows(image: RawImage, width: number): RawImage {
  if (width === image.width) return image;
  const { channels, height, pixels } = image;
  const taps = tapsOf(image.width, width);
  const to = new Uint8ClampedArray(height * width * channels);
  const [before, after] = [image.width * channels, width * channels];
  for (let y = 0; y < height; y++) {
    resampleRow(
      taps,
      channels,
      pixels.subarray(y * before, (y + 1) * before),
      to.subarray(y * after, (y + 1) * after),
    );
  }
  return { ...image, width, pixels: bytesOf(to) };
}

/** The image as high as wanted: every row a weighted sum of rows. */
function resampleColumns(image: RawImage, height: number): RawImage {
  if (height === image.height) return image;
  const row = image.width * image.channels;
  const { pixels } = image;
  const { firsts, counts, weights, stride } = tapsOf(image.height, height);
  const to = new Uint8ClampedArray(height * row);
  const sums = new Float64Array(row);
  for (let y = 0; y < height; y++) {
    sums.fill(0.5);
    for (let k = 0; k < (counts[y] ?? 0); k++) {
      const weight = weights[y * stride + k] ?? 0;
      let from = ((firsts[y] ?? 0) + k) * row;
      for (let i = 0; i < row; i++) {
        sums[i] = (sums[i] ?? 0) + weight * (pixels[from++] ?? 0);
      }
    }
    for (let i = 0, at = y * row; i < row; i++) {
      to[at++] = Math.floor(sums[i] ?? 0);
    }
  }
  return { ...image, height, pixels: bytesOf(to) };
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
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const grey = { width: 4, height: 4, channels: 1, pixels: new Uint8Array(16).fill(90) } as const;
 * const box = { left: 0, top: 0, width: 4, height: 4 };
 * const half = resizeBicubic({ _tag: "RawImage", ...grey }, box, { width: 2, height: 2 });
 *
 * deepStrictEqual([...half.pixels], [90, 90, 90, 90]);
 * ```
 */
export function resizeBicubic(
  image: RawImage,
  crop: PixelBox,
  size: Size,
): RawImage {
  const kept = cutOut(image, crop);
  return resampleColumns(resampleRows(kept, size.width), size.height);
}
