/** The lines of a loss plot: measured, smoothed, and thinned. */

/** Losses after one step. */
export interface LossPoint {
  /** Optimizer step, from 0. */
  readonly step: number;
  /** Weighted sum of the losses of the live stages. */
  readonly loss: number;
  /** Loss of each live stage by its number, from 0. */
  readonly stageLosses: Readonly<Record<number, number>>;
}

/** An unbroken part of a line. */
export interface LossPiece {
  /** Measured values, thinned. */
  readonly measured: readonly SeriesPoint[];
  /** Its moving mean, thinned. */
  readonly smooth: readonly SeriesPoint[];
}

/** One line of a loss plot. */
export interface LossSeries {
  /** Number of the stage, from 0; `null` for the total. */
  readonly stage: number | null;
  /** Parts, broken where the sum has other terms than before. */
  readonly pieces: readonly LossPiece[];
}

/** Points drawn of one line, measured and smoothed together. */
const MOST_POINTS = 2000;

/** Points that even the shortest piece may have. */
const LEAST_POINTS = 4;

/** Neighbours on each side of a mean, as a part of all steps. */
const SMOOTHING = 0.01;

const stagesOf = ({ stageLosses }: LossPoint): string =>
  Object.keys(stageLosses).join();

/** Stretches over which the same stages are live. */
function stretches(
  points: readonly LossPoint[],
): readonly (readonly LossPoint[])[] {
  const found: LossPoint[][] = [];
  let stages: string | null = null;
  for (const point of points) {
    if (stagesOf(point) !== stages) found.push([]);
    stages = stagesOf(point);
    found.at(-1)?.push(point);
  }
  return found;
}

function lossSeriesOf(
  stage: number | null,
  parts: readonly (readonly SeriesPoint[])[],
  reach: number,
): LossSeries {
  const finite = parts
    .map((part) => part.filter(({ value }) => Number.isFinite(value)))
    .filter(({ length }) => length > 0);
  const length = finite.flat().length;
  const pieces = finite.map((part) => {
    const share = Math.floor(MOST_POINTS / 2 * part.length / length);
    const limit = Math.max(LEAST_POINTS, share);
    return {
      measured: thinned(part, limit),
      smooth: thinned(movingMean(part, reach), limit),
    };
  });
  return { stage, pieces };
}

/**
 * The lines to draw: the total, then each stage from shallow to deep.
 *
 * Losses that are not finite are skipped. A line has at most 2,000 points, and
 * eight for each piece that is too short to have a share of them.
 *
 * @param points In rising order of steps.
 */
export function lossSeries(
  points: readonly LossPoint[],
): readonly LossSeries[] {
  const reach = Math.floor(points.length * SMOOTHING);
  const parts = stretches(points);
  const stages = new Set(
    parts.flatMap(([first]) => Object.keys(first?.stageLosses ?? {})),
  );
  const totals = parts.map((part) =>
    part.map(({ step, loss }) => ({ step, value: loss }))
  );
  return [
    lossSeriesOf(null, totals, reach),
    ...[...stages].map(Number).sort((a, b) => a - b).map((stage) => {
      const line = points.flatMap(({ step, stageLosses }) =>
        stage in stageLosses ? [{ step, value: stageLosses[stage] ?? NaN }] : []
      );
      return lossSeriesOf(stage, [line], reach);
    }),
  ];
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
