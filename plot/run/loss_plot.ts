/** Plot of the losses. */
import * as Plot from "npm:@observablehq/plot@0.6.17";
import { caption, legendName, plotSvg } from "../svg.ts";
import { type LossPoint, type LossSeries, lossSeries } from "./loss_series.ts";
import { LIGHT, type PlotSize, stageColour, type Theme } from "../theme.ts";
import { type PhaseMark, phaseMarks } from "./phase_marks.ts";

/** Options of a loss plot. */
export interface LossPlotOptions {
  /** Phases in the order of time. */
  readonly phases: readonly PhaseMark[];
  /** Colours; `LIGHT` by default. */
  readonly theme?: Theme;
  /** Its size; 960 × 530 pixels by default, and more for a legend of several rows. */
  readonly size?: PlotSize;
}

const WIDTH = 960;
const PLOT_HEIGHT = 420;
const LEFT = 60;
const RIGHT = 24;
const BOTTOM = 44;
/** From the first row of the legend to the frame. */
const HEADER = 66;
const ROW = 20;

/** Pixels that a label of the axis of steps needs at least. */
const TICK_WIDTH = 80;

/** From this ratio of the largest to the smallest loss on, equal factors look equal. */
const LOG_RATIO = 8;
/** Lines with fewer points show each of them. */
const DOTTED_BELOW = 30;

/** Widths of a line, and of the deepest stage's, which lasts from the first step to the last. */
const [THIN, BOLD] = [1.6, 2.6];

const nameOf = ({ stage }: LossSeries): string =>
  stage === null ? "loss" : `stage ${stage + 1}`;

const colourOf = ({ stage }: LossSeries, { ink }: Theme): string =>
  stage === null ? ink : stageColour(stage);

/** What the axis of losses says: stages reconstruct, the only loss may be any. */
const captionOf = (lines: readonly LossSeries[]): string =>
  lines.some(({ stage }) => stage !== null)
    ? "↑ Loss: mean squared error of hidden cells"
    : "↑ Loss";

/** A logarithmic axis where the losses span factors, one from 0 otherwise. */
function lossAxis(lines: readonly LossSeries[]): Plot.ScaleOptions {
  const values = lines.flatMap(({ measured }) =>
    measured.map(({ value }) => value)
  );
  const low = values.reduce((least, value) => Math.min(least, value), Infinity);
  const high = values.reduce((most, value) => Math.max(most, value), 0);
  return low > 0 && high / low >= LOG_RATIO
    ? {
      type: "log",
      domain: [low / 1.1, high * 1.1],
      label: null,
      tickFormat: "~g",
    }
    : {
      type: "linear",
      domain: [Math.min(0, low), high > 0 ? high * 1.05 : 1],
      label: null,
    };
}

function stepAxis(lastStep: number, width: number): Plot.ScaleOptions {
  return {
    label: "Step →",
    labelOffset: 38,
    tickFormat: ",d",
    domain: [0, Math.max(1, lastStep)],
    ticks: lastStep < 10
      ? Array.from({ length: lastStep + 1 }, (_, step) => step)
      : Math.min(10, Math.round(width / TICK_WIDTH)),
  };
}

function lineMarks(
  line: LossSeries,
  strokeWidth: number,
  theme: Theme,
): Plot.Markish[] {
  const { measured, smooth } = line;
  const colour = colourOf(line, theme);
  const at = { x: "step", y: "value" } as const;
  const stroke = { ...at, stroke: colour };
  return [
    Plot.line(measured, { ...stroke, strokeWidth: 0.8, strokeOpacity: 0.3 }),
    Plot.line(smooth, { ...stroke, strokeWidth }),
    Plot.dot(measured.length < DOTTED_BELOW ? measured : smooth.slice(-1), {
      ...at,
      fill: colour,
      r: 2.5,
    }),
  ];
}

/** Place of each name of the legend: from the left, in as many rows as needed. */
function legendPlaces(
  lines: readonly LossSeries[],
  width: number,
): readonly (readonly [x: number, row: number])[] {
  let [x, row] = [0, 0];
  return lines.map((line) => {
    const own = 32 + 6 * nameOf(line).length;
    if (x + own > width - LEFT) [x, row] = [0, row + 1];
    const place = [x, row] as const;
    x += own;
    return place;
  });
}

function legend(
  lines: readonly LossSeries[],
  width: number,
  theme: Theme,
): readonly Plot.Markish[] {
  const places = legendPlaces(lines, width);
  const rows = Math.max(...places.map(([, row]) => row));
  return lines.map((line, i) => {
    const [x, row] = places[i] ?? [0, 0];
    const dy = -HEADER + ROW + (row - rows) * ROW - 4;
    return legendName(nameOf(line), colourOf(line, theme), [x, dy]);
  });
}

/**
 * Losses over the steps: every stage, or the only loss, smoothed over what was
 * measured, with marks where layers froze (dashed) and stages were pruned
 * (solid). The deepest stage is the boldest line: it alone lasts from the first step
 * to the last and means the same in all of them. The sum over the stages is not
 * drawn, since it falls whenever a stage is pruned.
 *
 * Long runs are thinned: no peak is lost and no value is invented. Losses that
 * are not finite are skipped.
 *
 * @param points In rising order of steps; none gives empty axes.
 * @param options The phases of the plan.
 * @returns An SVG document.
 *
 * @example
 * ```ts
 * import { lossPlot } from "@vitfreeze/vitfreeze/plot";
 * import { match } from "node:assert/strict";
 *
 * const svg = lossPlot([
 *   { step: 0, loss: 0.3, stageLosses: { 0: 0.2, 1: 0.1 } },
 *   { step: 1, loss: 0.1, stageLosses: { 1: 0.1 } },
 * ], {
 *   phases: [
 *     { from: 0, frozenLayers: 0, liveStages: [0, 1] },
 *     { from: 1, frozenLayers: 3, liveStages: [1] },
 *   ],
 * });
 *
 * match(svg, /stage 2/);
 * ```
 */
export function lossPlot(
  points: readonly LossPoint[],
  { phases, theme = LIGHT, size }: LossPlotOptions,
): string {
  const lines = lossSeries(points);
  const lastStep = points.at(-1)?.step ?? 0;
  const width = size?.width ?? WIDTH;
  const legendRows = 1 +
    Math.max(...legendPlaces(lines, width).map(([, row]) => row));
  const top = HEADER + (legendRows - 1) * ROW;
  return plotSvg({
    width,
    height: size?.height ?? PLOT_HEIGHT + top + BOTTOM,
    marginTop: top,
    marginRight: RIGHT,
    marginBottom: BOTTOM,
    marginLeft: LEFT,
    x: stepAxis(lastStep, width),
    y: lossAxis(lines),
    marks: [
      Plot.gridY({ stroke: theme.grid, strokeOpacity: 1 }),
      ...phaseMarks(phases, lastStep, width - LEFT - RIGHT, theme),
      ...lines.flatMap((line) =>
        lineMarks(line, line === lines.at(-1) ? BOLD : THIN, theme)
      ),
      ...legend(lines, width, theme),
      caption(captionOf(lines), [-LEFT + 12, -32], { fill: theme.quiet }),
    ],
  }, theme);
}
