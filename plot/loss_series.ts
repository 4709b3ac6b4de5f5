/**
 * The lines of a loss plot.
 *
 * @module
 */
import { movingMean } from "./moving_mean.ts";
import { type SeriesPoint, thinned } from "./thinning.ts";

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
 * Losses that are not finite are left out. A line has at most 2,000 points, and
 * eight for each piece that is too short to have a share of them.
 *
 * @param points In rising order of steps.
 * @returns At least the total, which may be empty.
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
