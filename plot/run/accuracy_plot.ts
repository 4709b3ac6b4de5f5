/** Accuracy against saved time. */
import * as Plot from "npm:@observablehq/plot@0.6.17";
import { legendHeight, plotSvg, stackedSvg, titledLegend } from "../svg.ts";
import { stageColour } from "../theme.ts";

/** One run. */
export interface AccuracyPoint {
  /** Part of the time that it saved, below 1; negative if it took longer. */
  readonly saved: number;
  /** Its accuracy, in `[0, 1]`. */
  readonly accuracy: number;
}

/** Runs of one kind, each with another seed. */
export interface AccuracySeries {
  /** Name for the legend. */
  readonly name: string;
  /** The runs. */
  readonly points: readonly AccuracyPoint[];
}

/** One kind of accuracy. */
export interface AccuracyPanel {
  /** Title. */
  readonly title: string;
  /** Kinds of run; one without runs is only in the legend. */
  readonly series: readonly AccuracySeries[];
}

const WIDTH = 760;
const HEIGHT = 360;

/** Mean of some values and a deviation to each side; none for a single value. */
function barOf(values: readonly number[]): readonly [number, number, number] {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const squares = values.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  const deviation = Math.sqrt(squares / Math.max(1, values.length - 1));
  return [mean - deviation, mean, mean + deviation];
}

/** A cross of one deviation to each side around the means, and the runs themselves. */
function seriesMarks(
  { points }: AccuracySeries,
  stroke: string,
): readonly Plot.Markish[] {
  if (points.length === 0) return [];
  const at = points.map(({ saved, accuracy }) => ({
    x: 100 * saved,
    y: 100 * accuracy,
  }));
  const [left, x, right] = barOf(at.map((point) => point.x));
  const [low, y, high] = barOf(at.map((point) => point.y));
  return [
    Plot.dot(at, { x: "x", y: "y", stroke, r: 2.5 }),
    Plot.ruleX([x], { y1: low, y2: high, stroke, strokeWidth: 1.5 }),
    Plot.ruleY([y], { x1: left, x2: right, stroke, strokeWidth: 1.5 }),
    Plot.dot([{ x, y }], { x: "x", y: "y", fill: stroke, r: 5 }),
  ];
}

/** Room around the values, so that nothing lies on the frame. */
function domainOf(values: readonly number[]): [number, number] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = values.length === 0 ? 1 : Math.max(0.1 * (high - low), 0.5);
  return values.length === 0 ? [0, 100] : [low - room, high + room];
}

function panelSvg(panel: AccuracyPanel): string {
  const { title, series } = panel;
  const header = legendHeight(series);
  const points = series.flatMap((one) => one.points);
  return plotSvg({
    width: WIDTH,
    height: HEIGHT + header,
    marginTop: header + 24,
    marginLeft: 56,
    marginRight: 24,
    marginBottom: 42,
    x: {
      domain: domainOf(points.map(({ saved }) => 100 * saved)),
      label: "Time saved, % →",
      labelOffset: 36,
      grid: true,
    },
    y: {
      domain: domainOf(points.map(({ accuracy }) => 100 * accuracy)),
      label: null,
      grid: true,
    },
    marks: [
      Plot.frame({ stroke: "#d1d5db" }),
      ...series.flatMap((one, i) => seriesMarks(one, stageColour(i))),
      ...titledLegend(`${title}, %`, series),
    ],
  });
}

/**
 * Draws accuracies against saved time, in percent, a panel for each kind of accuracy:
 * a ring for every run, for each kind of run a disc at the means and a cross of one
 * sample deviation to each side.
 *
 * @param panels From top to bottom.
 * @returns An SVG document on a white ground.
 *
 * @example
 * ```ts
 * import { accuracyPlot } from "@vitfreeze/vitfreeze/plot";
 * import { match } from "node:assert/strict";
 *
 * const svg = accuracyPlot([{
 *   title: "top-1 after fine-tuning",
 *   series: [
 *     { name: "nothing frozen", points: [{ saved: 0, accuracy: 0.832 }] },
 *     { name: "cubic, t0 = 0.8", points: [{ saved: 0.125, accuracy: 0.8266 }] },
 *   ],
 * }]);
 *
 * match(svg, /cubic, t0 = 0.8/);
 * ```
 */
export function accuracyPlot(panels: readonly AccuracyPanel[]): string {
  return stackedSvg(
    WIDTH,
    panels.map((panel) => ({
      height: HEIGHT + legendHeight(panel.series),
      svg: panelSvg(panel),
    })),
  );
}
