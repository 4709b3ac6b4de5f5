/**
 * Colour as grey.
 *
 * @module
 */
import type { RawImage } from "../image/image_source.ts";

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
 * @param g Green.
 * @param b Blue.
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
