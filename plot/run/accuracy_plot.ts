/** Accuracy against cost. */
import * as Plot from "npm:@observablehq/plot@0.6.17";
import {
  legendHeight,
  legendName,
  plotSvg,
  stackedSvg,
  titledLegend,
} from "../svg.ts";
import { QUIET, stageColour } from "../theme.ts";

/** One run. */
export interface AccuracyPoint {
  /** Its cost as a part of some run's, above 0. */
  readonly cost: number;
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

/** One kind of accuracy and of cost. */
export interface AccuracyPanel {
  /** Title. */
  readonly title: string;
  /** The cost in words, for example `operations, % of an unfrozen run`. */
  readonly cost: string;
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

/** A place in percent. */
interface Place {
  readonly x: number;
  readonly y: number;
}

const placesOf = ({ points }: AccuracySeries): readonly Place[] =>
  points.map(({ cost, accuracy }) => ({ x: 100 * cost, y: 100 * accuracy }));

const middleOf = (at: readonly Place[]): Place => ({
  x: barOf(at.map(({ x }) => x))[1],
  y: barOf(at.map(({ y }) => y))[1],
});

/** The means that no other one beats in accuracy at no more cost, by rising cost. */
function paretoFront(series: readonly AccuracySeries[]): readonly Place[] {
  const middles = series.filter(({ points }) => points.length > 0)
    .map((one) => middleOf(placesOf(one)))
    .toSorted((a, b) => a.x - b.x || b.y - a.y);
  return middles.filter(({ y }, i) =>
    middles.slice(0, i).every((cheaper) => cheaper.y < y)
  );
}

/** A cross of one deviation to each side around the means, and the runs themselves. */
function seriesMarks(
  series: AccuracySeries,
  number: string,
  stroke: string,
): readonly Plot.Markish[] {
  const at = placesOf(series);
  if (at.length === 0) return [];
  const [left, x, right] = barOf(at.map((point) => point.x));
  const [low, y, high] = barOf(at.map((point) => point.y));
  return [
    Plot.dot(at, { x: "x", y: "y", stroke, r: 2.5 }),
    Plot.ruleX([x], { y1: low, y2: high, stroke, strokeWidth: 1.5 }),
    Plot.ruleY([y], { x1: left, x2: right, stroke, strokeWidth: 1.5 }),
    Plot.dot([{ x, y }], { x: "x", y: "y", fill: stroke, r: 5 }),
    Plot.text([{ x, y }], {
      ...{ x: "x", y: "y", text: [number], dx: 8, dy: -8 },
      ...{ fill: stroke, fontSize: 11, fontWeight: 600 },
    }),
  ];
}

/** Room around the values, so that nothing lies on the frame. */
function domainOf(values: readonly number[]): [number, number] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = values.length === 0 ? 1 : Math.max(0.1 * (high - low), 0.5);
  return values.length === 0 ? [0, 100] : [low - room, high + room];
}

/** The kinds of run with their numbers before their names. */
const numbered = (
  series: readonly AccuracySeries[],
): readonly AccuracySeries[] =>
  series.map((one, i) => ({ ...one, name: `${i + 1} ${one.name}` }));

/** Names side by side in a legend. */
const COLUMNS = 2;

const legendRows = (series: readonly AccuracySeries[]): readonly unknown[] =>
  Array.from({ length: Math.ceil(series.length / COLUMNS) });

/** Title of a panel and, below it, the names of the kinds of run. */
function legend(
  title: string,
  named: readonly AccuracySeries[],
): readonly Plot.Markish[] {
  const rows = legendRows(named);
  return [
    ...titledLegend(title, [], legendHeight(rows)),
    ...named.map(({ name }, i) => {
      const [column, row] = [Math.floor(i / rows.length), i % rows.length];
      const top = legendHeight(rows.slice(row + 1)) + 6;
      return legendName(name, stageColour(i), [
        column * (WIDTH - 80) / COLUMNS,
        -top,
      ]);
    }),
  ];
}

/** Ends of all bars and all runs. */
function reachOf(
  series: readonly AccuracySeries[],
  of: (place: Place) => number,
): readonly number[] {
  return series.map(placesOf).filter((at) => at.length > 0)
    .flatMap((at) => [...at.map(of), ...barOf(at.map(of))]);
}

function panelSvg(
  { title, cost, series: unnumbered }: AccuracyPanel,
  isNamed: boolean,
): string {
  const series = numbered(unnumbered);
  const named = isNamed ? series : [];
  const header = legendHeight(legendRows(named));
  return plotSvg({
    width: WIDTH,
    height: HEIGHT + header,
    marginTop: header + 24,
    marginLeft: 56,
    marginRight: 24,
    marginBottom: 42,
    x: {
      domain: domainOf(reachOf(series, ({ x }) => x)),
      label: `${cost} →`,
      labelOffset: 36,
      grid: true,
    },
    y: {
      domain: domainOf(reachOf(series, ({ y }) => y)),
      label: null,
      grid: true,
    },
    marks: [
      Plot.frame({ stroke: "#d1d5db" }),
      Plot.line(paretoFront(series), {
        ...{ x: "x", y: "y", curve: "step-after" },
        ...{ stroke: QUIET, strokeWidth: 1, strokeDasharray: "4 3" },
      }),
      ...series.flatMap((one, i) =>
        seriesMarks(one, String(i + 1), stageColour(i))
      ),
      ...legend(`${title}, %`, named),
    ],
  });
}

const namesOf = ({ series }: AccuracyPanel): string =>
  JSON.stringify(series.map(({ name }) => name));

/**
 * Draws accuracies against costs, in percent, a panel for each kind of them: a ring for
 * every run, for each kind of run a disc with its number at the means and a cross of one
 * sample deviation to each side, and dashed the kinds that none beats at no more cost.
 * Names stand above the first panel, and above those that show other kinds.
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
 *   cost: "time, % of the unfrozen run",
 *   series: [
 *     { name: "nothing frozen", points: [{ cost: 1, accuracy: 0.832 }] },
 *     { name: "cubic, t0 = 0.8", points: [{ cost: 0.875, accuracy: 0.8266 }] },
 *   ],
 * }]);
 *
 * match(svg, /cubic, t0 = 0.8/);
 * ```
 */
export function accuracyPlot(panels: readonly AccuracyPanel[]): string {
  return stackedSvg(
    WIDTH,
    panels.map((panel, i) => {
      const before = panels[i - 1];
      const isNamed = before === undefined ||
        namesOf(before) !== namesOf(panel);
      const rows = isNamed ? legendRows(panel.series) : [];
      return {
        height: HEIGHT + legendHeight(rows),
        svg: panelSvg(panel, isNamed),
      };
    }),
  );
}
