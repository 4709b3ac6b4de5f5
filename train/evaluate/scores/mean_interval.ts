/** Means of a few values, and the intervals in which they lie. */
import type { Interval } from "./intervals.ts";

/** Mean of several values. */
export interface MeanOfSeveral {
  /** Values. */
  readonly count: number;
  /** Their mean. */
  readonly mean: number;
  /** Sample deviation, with `n − 1`; `null` of a single value. */
  readonly deviation: number | null;
  /** Student's interval of 95 % of the mean; `null` of a single value. */
  readonly interval: Interval | null;
}

/**
 * Probability that a variable of Student's distribution lies between `−t` and `t`, by the
 * finite sums for whole degrees of freedom.
 *
 * @see Abramowitz and Stegun, Handbook of Mathematical Functions, 1964, 26.7.3 and 26.7.4.
 */
function studentWithin(t: number, freedom: number): number {
  const angle = Math.atan2(t, Math.sqrt(freedom));
  const square = Math.cos(angle) ** 2;
  const isOdd = freedom % 2 === 1;
  let [term, sum] = isOdd ? [Math.cos(angle), 0] : [1, 0];
  for (let k = isOdd ? 1 : 0; k < freedom - 1; k += 2) {
    sum += term;
    term *= square * (k + 1) / (k + 2);
  }
  const all = Math.sin(angle) * sum;
  return isOdd ? (angle + all) * 2 / Math.PI : all;
}

const LEVEL = 0.95;

/**
 * Two-sided 95 % point of Student's distribution: a variable of it lies between `−t` and
 * `t` with that probability.
 *
 * @param freedom Degrees of freedom, whole, at least 1.
 */
export function studentPoint(freedom: number): number {
  // 12.7 with one degree of freedom is the largest.
  let [low, high] = [0, 13];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (studentWithin(middle, freedom) < LEVEL) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * Mean of values that were drawn independently, with sample deviation
 * `s = √(Σ(x − mean)² / (n − 1))` and Student's interval `mean ± t s / √n`. Of paired
 * measurements give the differences: what a pair has in common is then not in the interval.
 *
 * @param values At least one.
 *
 * @example Three differences that are all positive, and still say little
 * ```ts
 * import { meanInterval } from "@vitfreeze/vitfreeze/evaluate";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const { mean, deviation, interval } = meanInterval([1, 2, 3]);
 * deepStrictEqual([mean, deviation], [2, 1]);
 * deepStrictEqual(interval?.map((end) => end.toFixed(3)), ["-0.484", "4.484"]);
 * ```
 */
export function meanInterval(values: readonly number[]): MeanOfSeveral {
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  if (count < 2) return { count, mean, deviation: null, interval: null };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const deviation = Math.sqrt(squares / (count - 1));
  const half = studentPoint(count - 1) * deviation / Math.sqrt(count);
  return { count, mean, deviation, interval: [mean - half, mean + half] };
}
