/** The view of what the pixels of an image show: numbers of classes, which have no mean. */
import type { Levels } from "../image/raw_image.ts";
import type { View } from "./view.ts";

/**
 * Number of the pixel of a row of `length` in which the middle of each of `scaled` lies.
 * Middles often lie on the border of two; which one is theirs then depends on rounding, so
 * they are added up as PIL does.
 */
function nearestPlaces(
  length: number,
  scaled: number,
  from: number,
  count: number,
): Int32Array {
  const step = length / scaled;
  const places = new Int32Array(count);
  let middle = step * 0.5;
  for (let i = 0; i < from + count; i++) {
    if (i >= from) places[i - from] = Math.floor(middle);
    middle += step;
  }
  return places;
}

/**
 * The numbers that the pixels of a view show, by nearest neighbour: where the image is
 * resized bicubically, each pixel of the result takes the number of the pixel in which its
 * middle lies, as PIL does, to the bit.
 *
 * @param mask Numbers of the whole image.
 * @param view Of a picture of that size, whose window lies in the resized picture: the view
 * of an evaluation.
 * @returns `[window.height, window.width]`, row-major.
 */
export function nearestLevels(
  { width, height, levels }: Levels,
  { scaled, window }: Pick<View, "scaled" | "window">,
): Uint8Array {
  const columns = nearestPlaces(
    ...[width, scaled.width, window.left, window.width] as const,
  );
  const rows = nearestPlaces(
    ...[height, scaled.height, window.top, window.height] as const,
  );
  const seen = new Uint8Array(window.width * window.height);
  let to = 0;
  for (const row of rows) {
    const from = row * width;
    for (const column of columns) seen[to++] = levels[from + column]!;
  }
  return seen;
}
