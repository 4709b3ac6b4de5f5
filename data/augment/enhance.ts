/** Grey, and operations that blend an image with a poorer one of itself. */
import type { RawImage } from "../image/raw_image.ts";

/**
 * `poor + factor·(image − poor)` in float32, cut off after the point and at 0 and
 * 255: 0 is the poor image, 1 the image itself, above 1 more than it.
 */
function blended(
  factor: number,
  image: RawImage,
  poor: (at: number) => number,
): RawImage {
  const alpha = Math.fround(factor);
  const pixels = Uint8Array.from(image.pixels, (level, at) => {
    const from = poor(at);
    const step = Math.fround(alpha * (level - from));
    return Math.min(Math.max(Math.trunc(Math.fround(from + step)), 0), 255);
  });
  return { ...image, pixels };
}

/**
 * Blends with the grey image.
 *
 * @param factor 0 is grey, 1 the image.
 * @param image Colour; grey stays as it is.
 */
export function color(factor: number, image: RawImage): RawImage {
  const { pixels, channels } = image;
  if (channels === 1) return image;
  const at = (i: number): number => pixels[i] ?? 0;
  return blended(factor, image, (i) => {
    const first = i - i % 3;
    return luma(at(first), at(first + 1), at(first + 2));
  });
}

/**
 * Blends with the mean luma.
 *
 * @param factor 0 is a flat image, 1 the image.
 */
export function contrast(factor: number, image: RawImage): RawImage {
  const { pixels } = toGrey(image);
  const sum = pixels.reduce((total, level) => total + level, 0);
  const mean = Math.trunc(sum / pixels.length + 0.5);
  return blended(factor, image, () => mean);
}

/**
 * Blends with black.
 *
 * @param factor 0 is black, 1 the image.
 */
export function brightness(factor: number, image: RawImage): RawImage {
  return blended(factor, image, () => 0);
}

/** Sum of the weights 1 1 1, 1 5 1, 1 1 1. */
const SMOOTH = 13;

/** Smoothed by that kernel; the border stays as it is. */
function smoothed({ pixels, width, height, channels }: RawImage): Uint8Array {
  const row = width * channels;
  const out = pixels.slice();
  for (let y = 1; y < height - 1; y++) {
    for (let i = channels; i < row - channels; i++) {
      const at = y * row + i;
      let sum = 4 * (pixels[at] ?? 0);
      for (let dy = -row; dy <= row; dy += row) {
        for (let dx = -channels; dx <= channels; dx += channels) {
          sum += pixels[at + dy + dx] ?? 0;
        }
      }
      out[at] = Math.floor(sum / SMOOTH + 0.5);
    }
  }
  return out;
}

/**
 * Blends with the smoothed image.
 *
 * @param factor 0 is smooth, 1 the image.
 */
export function sharpness(factor: number, image: RawImage): RawImage {
  const smooth = smoothed(image);
  return blended(factor, image, (at) => smooth[at] ?? 0);
}

const [RED, GREEN, BLUE] = [19595, 38470, 7471] as const;

/** Parts of red, green and blue in luma; they sum to 1. */
export const LUMA_WEIGHTS: readonly [number, number, number] = [
  RED / 2 ** 16,
  GREEN / 2 ** 16,
  BLUE / 2 ** 16,
];

/**
 * Luma of ITU-R BT.601 in 16-bit fixed point, as PIL's `convert("L")` has it:
 * `(19595·R + 38470·G + 7471·B + 2¹⁵) / 2¹⁶`, rounded down.
 *
 * @param r Red, 0 to 255.
 * @returns A whole number from 0 to 255.
 */
export function luma(r: number, g: number, b: number): number {
  return (r * RED + g * GREEN + b * BLUE + 0x8000) >> 16;
}

/**
 * An image in one channel.
 *
 * @param image Colour, or grey, which stays as it is.
 */
export function toGrey(image: RawImage): RawImage {
  const { pixels, width, height, channels } = image;
  if (channels === 1) return image;
  const grey = new Uint8Array(width * height);
  for (let i = 0; i < grey.length; i++) {
    const at = 3 * i;
    grey[i] = luma(pixels[at] ?? 0, pixels[at + 1] ?? 0, pixels[at + 2] ?? 0);
  }
  return { _tag: "RawImage", width, height, channels: 1, pixels: grey };
}
