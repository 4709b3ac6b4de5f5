/** Picture of what it costs to freeze the first layers early. */
import * as Plot from "npm:@observablehq/plot@0.6.17";
import { chosenPercent } from "../../core/mod.ts";
import { caption, plotSvg } from "../svg.ts";
import { INK, QUIET } from "../theme.ts";

/** A map of trials, each of which froze the first layers at some time and went on. */
export interface FreezeMap {
  /** Names of the deepest layer that freezes, a row each, shallow to deep. */
  readonly layers: readonly string[];
  /** Times at which they freeze as parts of the run, a column each, rising. */
  readonly times: readonly number[];
  /**
   * Relative rises of the loss, by row and column: `0.01` for a loss that is higher by a
   * hundredth, not finite for a trial that went wrong; `null` where nothing was tried.
   */
  readonly rises: readonly (readonly (number | null)[])[];
  /** For each row the column of the time that is proposed; `null` for none. */
  readonly proposed: readonly (number | null)[];
  /** Rises below it are accepted, `≥ 0`. */
  readonly share: number;
  /** What was done, in a line. */
  readonly words: string;
}

/** Sizes in pixels: of a column at most and at least, of all of them at most, of a row. */
const CELL = { most: 96, least: 30, all: 880, height: 34 } as const;

/** Pixels around the cells. */
const ROOM = { left: 104, right: 28, top: 92, bottom: 54 } as const;

/** Least width of the picture, in which its words have room. */
const LEAST_WIDTH = 620;

/** Width of columns below which letters are smaller, pixels. */
const NARROW = 46;

/** Colours: no rise, the greatest that is accepted, and many times that. */
const COLOURS = ["#0b6e6e", "#e8f1ee", "#f3c9a0", "#b4450f"] as const;

/** Rises from which a colour grows no darker, as multiples of the share. */
const DARKEST = 5;

/** Shares below it need another digit. */
const FINE_SHARE = 5e-3;

/** A share that colours can be measured by. */
const LEAST_SHARE = 1e-3;

interface Cell {
  readonly row: number;
  readonly column: number;
  /** Multiple of the share. */
  readonly cost: number;
  readonly text: string;
}

/** A rise in per cent, `1.2`, with its sign where the loss fell. */
function riseText(rise: number, digits: number): string {
  if (!Number.isFinite(rise)) return "✕";
  const percent = 100 * rise;
  const text = percent.toFixed(Math.abs(percent) >= 9.95 ? 0 : digits);
  // No sign before nothing.
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "−");
}

function cellsOf({ rises, share }: FreezeMap): Cell[] {
  const unit = Math.max(share, LEAST_SHARE);
  const digits = share < FINE_SHARE ? 2 : 1;
  return rises.flatMap((ofRow, row) =>
    ofRow.flatMap((rise, column) =>
      rise === null ? [] : [{
        ...{ row, column, text: riseText(rise, digits) },
        cost: Number.isFinite(rise) ? rise / unit : DARKEST,
      }]
    )
  );
}

/** Places where nothing was tried. */
const untriedOf = ({ rises }: FreezeMap) =>
  rises.flatMap((ofRow, row) =>
    ofRow.flatMap((rise, column) => rise === null ? [{ row, column }] : [])
  );

const isDark = ({ cost }: Cell): boolean => cost < 0.35 || cost > 3.2;

/** Number of digits in which neighbouring times differ. */
function timeText(times: readonly number[]): (time: number) => string {
  const gaps = times.slice(1).map((time, i) => time - (times[i] ?? 0));
  const digits = Math.min(1, ...gaps) < 0.02 ? 1 : 0;
  return (time) => `${(100 * time).toFixed(digits)} %`;
}

/** Marks of the cells and of what is proposed. */
function marksOf(map: FreezeMap, width: number): Plot.Markish[] {
  const { proposed } = map;
  const place = { x: "column", y: "row" } as const;
  const cells = cellsOf(map);
  const chosen = proposed.flatMap((column, row) =>
    column === null ? [] : [{ row, column }]
  );
  return [
    Plot.cell(untriedOf(map), { ...place, fill: "#f3f4f6", rx: 3 }),
    Plot.cell(cells, { ...place, fill: "cost", rx: 3 }),
    Plot.text(cells, {
      ...place,
      text: "text",
      fill: (cell: Cell) => isDark(cell) ? "white" : INK,
      fontSize: width < NARROW ? 10 : 11.5,
    }),
    Plot.cell(chosen, {
      ...place,
      fill: "none",
      stroke: INK,
      strokeWidth: 2.2,
      rx: 3,
      inset: -1,
    }),
  ];
}

/**
 * Draws a map of trials: a row for the layers that freeze, a column for the time at which
 * they do, in each cell the rise of the loss in per cent. Teal cells are accepted, orange
 * ones cost too much, grey ones were not tried; what is proposed has a frame.
 *
 * @param map The map; a trial that went wrong has a cross.
 * @returns An SVG document on a white ground.
 *
 * @example Two layers, of which the second needs half of the run
 * ```ts
 * import { freezeMapPlot } from "@vitfreeze/vitfreeze/plot";
 * import { match } from "node:assert/strict";
 *
 * const svg = freezeMapPlot({
 *   layers: ["patch embed", "block 0"],
 *   times: [0.25, 0.5],
 *   rises: [[0.002, 0.001], [0.03, 0.004]],
 *   proposed: [0, 1],
 *   share: 0.01,
 *   words: "each trial to the end of the run",
 * });
 *
 * match(svg, />block 0</);
 * ```
 */
export function freezeMapPlot(map: FreezeMap): string {
  const { layers, times, share, words } = map;
  const cell = Math.max(
    CELL.least,
    Math.min(CELL.most, Math.floor(CELL.all / Math.max(1, times.length))),
  );
  const frame = cell * times.length;
  const width = Math.max(LEAST_WIDTH, ROOM.left + frame + ROOM.right);
  const titleAt = (y: number) => [12 - ROOM.left, y - ROOM.top] as const;
  const nameOf = timeText(times);
  return plotSvg({
    width,
    height: ROOM.top + CELL.height * layers.length + ROOM.bottom,
    marginLeft: ROOM.left,
    marginRight: width - ROOM.left - frame,
    marginTop: ROOM.top,
    marginBottom: ROOM.bottom,
    x: { domain: times.map((_, i) => i), padding: 0.06, axis: null },
    y: { domain: layers.map((_, i) => i), padding: 0.08, axis: null },
    color: {
      type: "linear",
      domain: [0, 1, 1.0001, DARKEST],
      range: [...COLOURS],
      interpolate: "rgb",
      clamp: true,
    },
    marks: [
      Plot.axisX({
        tickFormat: (i: number) => nameOf(times[i] ?? NaN),
        tickSize: 0,
        label: null,
        fontSize: cell < NARROW ? 9 : 11,
      }),
      Plot.axisY({
        tickFormat: (i: number) => layers[i] ?? "",
        tickSize: 0,
        label: null,
        fontSize: 11,
      }),
      caption("Part of the run after which the layers freeze →", [0, 40], {
        frameAnchor: "bottom-left",
        fill: INK,
        fontSize: 11,
      }),
      ...marksOf(map, cell),
      caption("What freezing the first layers early costs", titleAt(22), {
        fill: INK,
        fontSize: 15,
        fontWeight: 600,
      }),
      caption(
        `Rise of the loss in %, down to which layer by when; teal: less than ${
          chosenPercent(share)
        }; framed: proposed`,
        titleAt(46),
        { fill: QUIET, fontSize: 11 },
      ),
      caption(words, titleAt(64), { fill: QUIET, fontSize: 11 }),
    ],
  });
}
