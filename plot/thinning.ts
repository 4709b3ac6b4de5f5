/**
 * Drawing a long series with few points.
 *
 * @module
 */

/** One value of a series. */
export interface SeriesPoint {
  /** Optimizer step. */
  readonly step: number;
  /** The value measured there. */
  readonly value: number;
}

/** The lowest and the highest point of a run of points, in the order of their steps. */
function extremes(points: readonly SeriesPoint[]): readonly SeriesPoint[] {
  let [low] = points;
  let high = low;
  for (const point of points) {
    if (low !== undefined && point.value < low.value) low = point;
    if (high !== undefined && point.value > high.value) high = point;
  }
  if (low === undefined || high === undefined) return [];
  if (low === high) return [low];
  return low.step < high.step ? [low, high] : [high, low];
}

/**
 * At most `limit` points of a series that look like all of it.
 *
 * The first and the last point stay, and of each part between them the lowest
 * and the highest, so that no peak is lost and no value is invented.
 *
 * @param points In rising order of steps.
 * @param limit At least 4.
 * @returns A part of `points`; all of them if they are few enough.
 *
 * @example Three points stay three points
 * ```ts
 * import { thinned } from "@vitfreeze/vitfreeze/plot";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const points = [3, 1, 2].map((value, step) => ({ step, value }));
 *
 * deepStrictEqual(thinned(points, 4), points);
 * ```
 */
export function thinned(
  points: readonly SeriesPoint[],
  limit: number,
): readonly SeriesPoint[] {
  if (points.length <= limit) return points;
  const inner = points.slice(1, -1);
  const parts = Math.floor((limit - 2) / 2);
  const border = (part: number): number =>
    Math.floor(part * inner.length / parts);
  const kept = Array.from(
    { length: parts },
    (_, part) => extremes(inner.slice(border(part), border(part + 1))),
  );
  return [...points.slice(0, 1), ...kept.flat(), ...points.slice(-1)];
}
