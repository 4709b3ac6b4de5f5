/** The small pixels of images as their rows: what an encoder has to be better than. */
import { type ModelSpec, right } from "../../core/mod.ts";
import type { RowMaker } from "./image_rows.ts";

/** Side of images whose pixels are compared, at most. */
export const SMALL_SIDE = 32;

/**
 * Means of the pixels under each cell of a smaller grid: cell `i` of `s` covers the rows
 * and columns from `⌊i·S/s⌋` to `⌈(i + 1)·S/s⌉`.
 *
 * @param images `[B, C, S, S]`.
 * @param side `S`.
 * @param most Side of the small images at most; smaller ones stay as they are.
 * @returns `[B, C, s, s]` with `s = min(S, most)`.
 */
export function smallPixels(
  images: Float32Array,
  side: number,
  most: number = SMALL_SIDE,
): Float32Array {
  if (side <= most) return images.slice();
  const planes = images.length / side ** 2;
  const out = new Float32Array(planes * most ** 2);
  const cells = Array.from({ length: most }, (_, i) => [
    Math.floor(i * side / most),
    Math.ceil((i + 1) * side / most),
  ]) as readonly (readonly [from: number, to: number])[];
  let at = 0;
  for (let plane = 0; plane < planes; plane++) {
    const first = plane * side ** 2;
    for (const [top, bottom] of cells) {
      for (const [left, right] of cells) {
        let sum = 0;
        for (let y = top; y < bottom; y++) {
          const row = first + y * side;
          for (let x = left; x < right; x++) sum += images[row + x]!;
        }
        out[at++] = sum / ((bottom - top) * (right - left));
      }
    }
  }
  return out;
}

/**
 * Rows of small pixels: at most 32 to a side, each number normalised as images are.
 *
 * @param model Sizes of the images.
 */
export function pixelRow({ inChannels, imageSize }: ModelSpec): RowMaker {
  const side = Math.min(SMALL_SIDE, imageSize);
  return {
    width: inChannels * side ** 2,
    rows: (images) => Promise.resolve(right(smallPixels(images, imageSize))),
  };
}
