/** One small picture of scaling: a line for each network over the number of nodes. */
import * as Plot from "@observablehq/plot";
import { plotSvg } from "../../plot/svg.ts";
import { INK, layerColours, LIGHT, QUIET } from "../../plot/theme.ts";
import { labelPlaces } from "./label_places.ts";
import { GIGABITS, RANKS } from "./study.ts";

/** Pixels of a panel. */
export const PANEL = {
  ...{ width: 240, height: 122 },
  ...{ left: 46, right: 28, top: 6, bottom: 18 },
} as const;

/** A line, its points in the order of {@link RANKS}. */
export interface PanelLine {
  /** Speed of the network, Gbit/s. */
  readonly gigabits: number;
  /** Its values. */
  readonly values: readonly number[];
}

/** A panel. */
export interface PanelOptions {
  /** Efficiency in percent, or images each second on a logarithmic axis. */
  readonly kind: "efficiency" | "images";
  /** The lines. */
  readonly lines: readonly PanelLine[];
  /** Images each second of one node, for the line of perfect scaling. */
  readonly alone?: number;
  /** First and last value of the axis. */
  readonly domain: readonly [number, number];
  /** True if it has the numbers of nodes below it. */
  readonly isLast: boolean;
}

const COLOURS = layerColours(GIGABITS.length, LIGHT);

const colourOf = (gigabits: number): string =>
  COLOURS[GIGABITS.indexOf(gigabits)] ?? INK;

const FONT = 9;

/** Vertical place of a value, pixels from the top. */
function heightOf(
  { kind, domain: [low, high] }: PanelOptions,
): (value: number) => number {
  const { height, top, bottom } = PANEL;
  const frame = height - top - bottom;
  const along = kind === "efficiency"
    ? (value: number) => (value - low) / (high - low)
    : (value: number) => Math.log(value / low) / Math.log(high / low);
  return (value) => top + frame * (1 - along(value));
}

/** A label on a ground of its own, so that it can lie on a line. */
const label = (
  text: string,
  { gigabits }: Pick<PanelLine, "gigabits">,
  place: Plot.TextOptions,
): Plot.Markish =>
  Plot.text([text], {
    ...{ fill: colourOf(gigabits), fontWeight: 600, fontSize: FONT },
    ...{ stroke: LIGHT.ground, strokeWidth: 3 },
    ...place,
  });

/** The speed of each network beside the end of its line, moved where labels would meet. */
function endLabels(
  options: PanelOptions,
  lines: readonly PanelLine[],
): readonly Plot.Markish[] {
  const [first, last] = [PANEL.top, PANEL.height - PANEL.bottom];
  const place = heightOf(options);
  const ends = lines
    .map((line) => ({ line, y: place(line.values.at(-1) ?? NaN) }))
    .toSorted((a, b) => a.y - b.y || b.line.gigabits - a.line.gigabits);
  const heights = ends.map(({ y }) => y);
  const placed = labelPlaces(heights, FONT + 0.5, [first + 2, last - 2]);
  return ends.map(({ line }, i) =>
    label(String(line.gigabits), line, {
      ...{ frameAnchor: "right", textAnchor: "start", dx: 5 },
      dy: (placed[i] ?? NaN) - (first + last) / 2,
    })
  );
}

/** Number of nodes at which a falling line comes to a value, or `null` if it does not. */
function nodesAt(value: number, { values }: PanelLine): number | null {
  const i = values.findIndex((next) => next < value);
  const [before, next] = [values[i - 1], values[i]];
  const ranks = RANKS[i - 1];
  if (before === undefined || next === undefined || ranks === undefined) {
    return null;
  }
  return ranks * 2 ** ((before - value) / (before - next));
}

/** Efficiency at which a line has its label if it falls so far; neighbours have theirs apart. */
const labelledAt = ({ gigabits }: PanelLine): number =>
  GIGABITS.indexOf(gigabits) % 2 === 0 ? 34 : 58;

/** Nodes from which on a label on a line would run out of the frame. */
const LAST_LABEL = 170;

/** Number of nodes where the label of a line lies on it; `null` for one beside its end. */
function labelNodes(
  kind: PanelOptions["kind"],
  line: PanelLine,
): number | null {
  const nodes = kind === "efficiency" ? nodesAt(labelledAt(line), line) : null;
  return nodes !== null && nodes < LAST_LABEL ? nodes : null;
}

/** The speed of each network: on its line where that falls far, else beside its end. */
function labels(options: PanelOptions): readonly Plot.Markish[] {
  const { kind, lines } = options;
  const placed = lines.map((line) => ({ line, x: labelNodes(kind, line) }));
  const ending = placed.filter(({ x }) => x === null).map(({ line }) => line);
  return [
    ...placed.flatMap(({ line, x }) =>
      x === null ? [] : [
        label(String(line.gigabits), line, { x: [x], y: [labelledAt(line)] }),
      ]
    ),
    ...endLabels(options, ending),
  ];
}

const pointsOf = ({ gigabits, values }: PanelLine) =>
  RANKS.map((ranks, i) => ({ ranks, value: values[i] ?? NaN, gigabits }));

/** Lines that say what would be good. */
function guides({ kind, alone }: PanelOptions): Plot.Markish[] {
  const style = { stroke: QUIET, strokeDasharray: "3 3", strokeWidth: 1 };
  if (kind === "efficiency") return [Plot.ruleY([80], style)];
  const ideal = RANKS.map((ranks) => ({
    ranks,
    value: ranks * (alone ?? NaN),
  }));
  return [Plot.line(ideal, { x: "ranks", y: "value", ...style })];
}

/** Powers of ten of an axis. */
const powersWithin = (
  [low, high]: readonly [number, number],
): readonly number[] =>
  Array.from({ length: 9 }, (_, k) => 10 ** k)
    .filter((power) => power >= low && power <= high);

const axisOf = ({ kind, domain }: PanelOptions): Plot.ScaleOptions =>
  kind === "efficiency"
    ? {
      domain: [...domain],
      ticks: [0, 50, 80, 100],
      tickFormat: (percent: number) =>
        [0, 50, 80, 100].includes(percent) ? `${percent} %` : "",
      grid: true,
      label: null,
    }
    : {
      type: "log",
      domain: [...domain],
      ticks: powersWithin(domain),
      tickFormat: "~s",
      grid: true,
      label: null,
    };

/** Draws a panel. */
export function scalingPanel(options: PanelOptions): string {
  const { width, height, left, right, top, bottom } = PANEL;
  return plotSvg({
    ...{ width, height, marginLeft: left, marginRight: right },
    ...{ marginTop: top, marginBottom: bottom },
    x: {
      type: "log",
      base: 2,
      domain: [1, 256],
      ticks: options.isLast ? [1, 4, 16, 64, 256] : [],
      tickFormat: "d",
      tickSize: 3,
      label: null,
    },
    y: axisOf(options),
    marks: [
      Plot.frame({ stroke: "#d5d9e0" }),
      ...guides(options),
      ...options.lines.map((line) =>
        Plot.line(pointsOf(line), {
          x: "ranks",
          y: "value",
          stroke: colourOf(line.gigabits),
          strokeWidth: 1.6,
        })
      ),
      ...labels(options),
    ],
  });
}
