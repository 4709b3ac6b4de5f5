/** The view of what the pixels of an image show: numbers of classes, which have no mean. */
import type { Levels } from "../image/raw_image.ts";
import type { View } from "./view.ts";

/** Number of the pixel of a row of `length` in which the middle of each of `scaled` lies. */
function nearestPlaces(
  length: number,
  scaled: number,
  from: number,
  count: number,
): Int32Array {
  // Whole numbers: `⌊(i + ½) · length / scaled⌋` without rounding before.
  return Int32Array.from(
    { length: count },
    (_, i) => Math.floor((2 * (from + i) + 1) * length / (2 * scaled)),
  );
}

/**
 * The numbers that the pixels of a view show, by nearest neighbour: where the image is
 * resized bicubically, each pixel of the result takes the number of the pixel in which its
 * middle lies, as PIL does; the later one where that is the border of two.
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
