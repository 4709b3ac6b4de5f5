/** The lines of a loss plot: measured, smoothed, and thinned. */

/** Losses after one step. */
export interface LossPoint {
  /** Optimizer step, from 0. */
  readonly step: number;
  /** The loss that is optimized: of several stages the weighted sum of those that are live. */
  readonly loss: number;
  /** Loss of each live stage by its number, from 0; empty where there is one loss. */
  readonly stageLosses: Readonly<Record<number, number>>;
}

/** One line of a loss plot. */
export interface LossSeries {
  /** Number of the stage, from 0; `null` where there is one loss. */
  readonly stage: number | null;
  /** Measured values, thinned. */
  readonly measured: readonly SeriesPoint[];
  /** Their moving mean, thinned. */
  readonly smooth: readonly SeriesPoint[];
}

/** Points drawn of one line, measured and smoothed together. */
const MOST_POINTS = 2000;

/** Neighbours on each side of a mean, as a part of all steps. */
const SMOOTHING = 0.01;

/** The line of some points. */
function lossSeriesOf(
  stage: number | null,
  points: readonly SeriesPoint[],
  reach: number,
): LossSeries {
  const finite = points.filter(({ value }) => Number.isFinite(value));
  const [measured, smooth] = [finite, movingMean(finite, reach)]
    .map((line) => thinned(line, MOST_POINTS / 2)) as [
      readonly SeriesPoint[],
      readonly SeriesPoint[],
    ];
  return { stage, measured, smooth };
}

/**
 * The lines to draw: each stage from shallow to deep, or the only loss. The sum over the
 * stages is none of them: it falls whenever a stage is pruned, whatever is learned.
 *
 * Losses that are not finite are skipped. A line has at most 2,000 points.
 *
 * @param points In rising order of steps.
 */
export function lossSeries(
  points: readonly LossPoint[],
): readonly LossSeries[] {
  const reach = Math.floor(points.length * SMOOTHING);
  const stages = new Set(
    points.flatMap(({ stageLosses }) => Object.keys(stageLosses)),
  );
  if (stages.size === 0) {
    const line = points.map(({ step, loss }) => ({ step, value: loss }));
    return [lossSeriesOf(null, line, reach)];
  }
  return [...stages].map(Number).sort((a, b) => a - b).map((stage) => {
    const line = points.flatMap(({ step, stageLosses }) =>
      stage in stageLosses ? [{ step, value: stageLosses[stage] ?? NaN }] : []
    );
    return lossSeriesOf(stage, line, reach);
  });
}

/**
 * Mean of each point and its neighbours on both sides, near the ends of those
 * that exist.
 *
 * @param points In rising order of steps, all finite.
 * @param reach Neighbours on each side, a whole number `≥ 0`; 0 changes nothing.
 * @returns As many points, at the same steps.
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
