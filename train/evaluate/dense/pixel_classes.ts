/** From the scores of patches to the classes of pixels. */

/** Between which patches of a row each of its pixels lies, and how far from the first. */
interface Places {
  readonly low: Int32Array;
  readonly high: Int32Array;
  readonly part: Float64Array;
}

/** Middles of pixels among middles of patches; beyond the outer ones these go on. */
function placesOf(grid: number, side: number): Places {
  const at = Float64Array.from(
    { length: side },
    (_, i) => Math.max(0, (i + 0.5) * grid / side - 0.5),
  );
  const low = Int32Array.from(at, (place) => Math.floor(place));
  return {
    low,
    high: low.map((place) => Math.min(grid - 1, place + 1)),
    part: at.map((place, i) => place - (low[i] ?? 0)),
  };
}

/** Two rows of numbers mixed: the first where `part` is 0. */
function mix(
  out: Float64Array,
  a: ArrayLike<number>,
  fromA: number,
  fromB: number,
  part: number,
): void {
  for (let i = 0; i < out.length; i++) {
    const first = a[fromA + i]!;
    out[i] = first + (a[fromB + i]! - first) * part;
  }
}

/** Visits every pixel with its scores, which last until the next one. */
function forPixels(
  scores: ArrayLike<number>,
  classes: number,
  grid: number,
  side: number,
  visit: (pixel: number, scores: Float64Array) => void,
): void {
  const { low, high, part } = placesOf(grid, side);
  const row = new Float64Array(grid * classes);
  const own = new Float64Array(classes);
  for (let y = 0; y < side; y++) {
    const [above, below] = [low[y]! * row.length, high[y]! * row.length];
    mix(row, scores, above, below, part[y]!);
    for (let x = 0; x < side; x++) {
      mix(own, row, low[x]! * classes, high[x]! * classes, part[x]!);
      visit(y * side + x, own);
    }
  }
}

/**
 * Scores of pixels between those of patches, bilinearly: a pixel's middle lies between the
 * middles of four patches, and beyond the outer ones their scores go on. That is
 * `interpolate(mode="bilinear", align_corners=False)` of PyTorch.
 *
 * @param scores `[G, G, classes]`, row-major.
 * @param grid `G`.
 * @param side `S`.
 * @returns `[S, S, classes]`.
 */
export function upsampledScores(
  scores: ArrayLike<number>,
  classes: number,
  grid: number,
  side: number,
): Float32Array {
  const all = new Float32Array(side ** 2 * classes);
  forPixels(
    ...[scores, classes, grid, side] as const,
    (pixel, own) => all.set(own, pixel * classes),
  );
  return all;
}

/** The class with the highest score; of equal scores the earlier; −1 where one is no number. */
function highest(scores: Float64Array): number {
  let best = 0;
  for (let c = 0; c < scores.length; c++) {
    const score = scores[c]!;
    if (Number.isNaN(score)) return -1;
    if (score > scores[best]!) best = c;
  }
  return best;
}

/**
 * The class of each pixel: that with the highest score after the scores of the patches
 * were brought to the size of the image ({@link upsampledScores}).
 *
 * @param scores `[G, G, classes]`, row-major.
 * @param grid `G`.
 * @param side `S`.
 * @returns `[S, S]`; of equal scores the earlier class, −1 where a score is not a number.
 *
 * @example Four patches; the border between two classes is a slope
 * ```ts
 * import { pixelClasses } from "@vitfreeze/vitfreeze/evaluate";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const scores = [3, 0, 3, 0, 3, 0, 0, 2];
 * deepStrictEqual([...pixelClasses(scores, 2, 2, 4)], [
 *   ...[0, 0, 0, 0],
 *   ...[0, 0, 0, 0],
 *   ...[0, 0, 0, 1],
 *   ...[0, 0, 1, 1],
 * ]);
 * ```
 */
export function pixelClasses(
  scores: ArrayLike<number>,
  classes: number,
  grid: number,
  side: number,
): Int32Array {
  const found = new Int32Array(side ** 2);
  forPixels(...[scores, classes, grid, side] as const, (pixel, own) => {
    found[pixel] = highest(own);
  });
  return found;
}
