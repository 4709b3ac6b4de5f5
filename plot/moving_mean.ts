/**
 * Smoothing a noisy series.
 *
 * @module
 */
import type { SeriesPoint } from "./thinning.ts";

/**
 * Mean of each point and its neighbours on both sides, near the ends of those
 * that exist.
 *
 * @param points In rising order of steps, all finite.
 * @param reach Neighbours on each side, a whole number `≥ 0`; 0 changes nothing.
 * @returns As many points, at the same steps.
 *
 * @example
 * ```ts
 * import { movingMean } from "@vitfreeze/vitfreeze/plot";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const noisy = [1, 5, 3].map((value, step) => ({ step, value }));
 *
 * deepStrictEqual(movingMean(noisy, 1).map(({ value }) => value), [3, 3, 4]);
 * ```
 */
export function movingMean(
  points: readonly SeriesPoint[],
  reach: number,
): readonly SeriesPoint[] {
  const sums = [0];
  for (const { value } of points) sums.push((sums.at(-1) ?? 0) + value);
  return points.map(({ step }, i) => {
    const first = Math.max(0, i - reach);
    const end = Math.min(points.length, i + reach + 1);
    const sum = (sums[end] ?? 0) - (sums[first] ?? 0);
    return { step, value: sum / (end - first) };
  });
}
