/** Images of a batch as they are shown: normalisation undone. */
import {
  type Normalization,
  normalizationFor,
} from "../image/normalization.ts";

/**
 * Undoes the normalisation of one image.
 *
 * @param image Normalised numbers, `[C, H, W]`.
 * @param channels `C`.
 * @param normalization Statistics by which the image was normalised.
 * @returns 8-bit levels, `[H, W, C]`; what lies outside is the nearest level.
 *
 * @example A black and a white pixel
 * ```ts
 * import { shownPixels } from "@vitfreeze/vitfreeze";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const half = { mean: [0.5], deviation: [0.5] };
 * deepStrictEqual([...shownPixels(Float32Array.of(-1, 1), 1, half)], [0, 255]);
 * ```
 */
export function shownPixels(
  image: Float32Array,
  channels: 1 | 3,
  normalization: Normalization,
): Uint8Array {
  const { mean, deviation } = normalizationFor(normalization, channels);
  const area = image.length / channels;
  return Uint8Array.from({ length: image.length }, (_, i) => {
    const channel = i % channels;
    const value = image[channel * area + Math.floor(i / channels)] ?? 0;
    const level = value * (deviation[channel] ?? 1) + (mean[channel] ?? 0);
    return Math.max(0, Math.min(255, Math.round(255 * level)));
  });
}
