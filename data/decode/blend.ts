/** Blending of transparent pixels onto a colour. */
import type { Colour } from "../image/background.ts";

/**
 * Blends pixels onto a colour, each channel by itself in 8-bit levels:
 * `(a · level + (255 − a) · background) / 255`, rounded to the nearest whole number.
 * There is never a tie, since 255 is odd; PIL pastes with a mask by the same rule.
 * Where alpha is 255 a level stays as it is.
 *
 * @param rgba Red, green, blue and alpha of each pixel, colours not multiplied by alpha;
 * it is written over.
 * @returns Red, green and blue of each pixel, at the beginning of the same memory.
 */
export function blendedOnto(colour: Colour, rgba: Uint8Array): Uint8Array {
  const pixels = Math.floor(rgba.length / 4);
  for (let i = 0; i < pixels; i++) {
    const alpha = rgba[4 * i + 3] ?? 0;
    for (let c = 0; c < 3; c++) {
      const behind = (255 - alpha) * (colour[c] ?? 0);
      const sum = alpha * (rgba[4 * i + c] ?? 0) + behind;
      rgba[3 * i + c] = Math.floor((sum + 127) / 255);
    }
  }
  return rgba.subarray(0, 3 * pixels);
}
