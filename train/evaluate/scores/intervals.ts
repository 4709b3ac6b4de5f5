/** Intervals in which accuracies lie, given how few images they were found on. */

/** Ends of an interval. */
export type Interval = readonly [low: number, high: number];

/** Deviations to each side of the mean between which a normal variable lies with 95 %. */
const Z95 = 1.959963984540054;

/**
 * Wilson's interval of a proportion: with `p = found / count`, the centre is
 * `(p + z²/2n) / (1 + z²/n)` and the half width `z √(p(1−p)/n + z²/4n²) / (1 + z²/n)`.
 * It stays in `[0, 1]`, also where all or none were found.
 *
 * @param found Successes, in `[0, count]`.
 * @param count Trials; none give `[0, 1]`: nothing is known.
 * @param z Width in deviations; that of 95 % by default.
 * @see Wilson, Probable inference, the law of succession, and statistical inference, 1927.
 *
 * @example Eight of ten
 * ```ts
 * import { wilsonInterval } from "@vitfreeze/vitfreeze/evaluate";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const ends = wilsonInterval(8, 10).map((end) => end.toFixed(3));
 * deepStrictEqual(ends, ["0.490", "0.943"]);
 * ```
 */
export function wilsonInterval(
  found: number,
  count: number,
  z: number = Z95,
): Interval {
  if (count === 0) return [0, 1];
  const [p, square] = [found / count, z ** 2 / count];
  const half = z * Math.sqrt(p * (1 - p) / count + square / (4 * count));
  const ends = [-half, half].map((side) =>
    Math.min(1, Math.max(0, (p + square / 2 + side) / (1 + square)))
  ) as [number, number];
  // Where all or none were found the end is exactly there, whatever rounding does.
  return [found === 0 ? 0 : ends[0], found === count ? 1 : ends[1]];
}

/** Difference of two accuracies on the same images. */
export interface AccuracyGain {
  /** First accuracy minus second, in `[−1, 1]`; `NaN` without images. */
  readonly gain: number;
  /** The interval of 95 %. */
  readonly interval: Interval;
  /** Images that only the first named rightly. */
  readonly onlyFirst: number;
  /** Images that only the second named rightly. */
  readonly onlySecond: number;
}

/**
 * Difference of the accuracies of two classifiers on the same images. Only images that
 * one of them names rightly and the other does not tell them apart: with `b` and `c` such
 * images of `n`, half an image is added to each of the four kinds, `b* = b + ½`,
 * `c* = c + ½`, `n* = n + 2`, and the interval is
 * `(b* − c*)/n* ± z √(b* + c* − (b* − c*)²/n*) / n*`.
 *
 * @param first Whether the first named each image rightly.
 * @param second The same of the second, for the same images.
 * @see Agresti and Min, Simple improved confidence intervals for comparing matched proportions, 2005.
 *
 * @example The first names two images more
 * ```ts
 * import { accuracyGain } from "@vitfreeze/vitfreeze/evaluate";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const { gain, onlyFirst, onlySecond } = accuracyGain(
 *   [true, true, true, false],
 *   [true, false, false, false],
 * );
 * deepStrictEqual([gain, onlyFirst, onlySecond], [0.5, 2, 0]);
 * ```
 */
export function accuracyGain(
  first: readonly boolean[],
  second: readonly boolean[],
): AccuracyGain {
  const { length: count } = first;
  const only = (a: readonly boolean[], b: readonly boolean[]): number =>
    a.filter((isRight, i) => isRight && !b[i]).length;
  const [onlyFirst, onlySecond] = [only(first, second), only(second, first)];
  const [b, c, n] = [onlyFirst + 0.5, onlySecond + 0.5, count + 2];
  const [centre, spread] = [(b - c) / n, b + c - (b - c) ** 2 / n];
  const half = Z95 * Math.sqrt(spread) / n;
  return {
    gain: (onlyFirst - onlySecond) / count,
    interval: [Math.max(-1, centre - half), Math.min(1, centre + half)],
    ...{ onlyFirst, onlySecond },
  };
}
