/** Which classes are taken for which. */
import * as Plot from "npm:@observablehq/plot@0.6.17";
import { caption, plotSvg } from "../svg.ts";
import { shortened } from "../svg_words.ts";
import { INK, QUIET } from "../theme.ts";

/** Classes and how often each was taken for each. */
export interface Confusion {
  /** Words above the picture. */
  readonly title: string;
  /** Names of the classes. */
  readonly names: readonly string[];
  /** `[classes, classes]`: a row for each true class, a column for each named one. */
  readonly counts: ArrayLike<number>;
}

/** Sizes in pixels: of a cell at most and at least, of all cells at most. */
const CELL = { most: 62, least: 14 };
const SIDE = 760;

/** Characters of a name. */
const NAME = 22;

/** Cells from which their numbers are too small to read. */
const MOST_NUMBERED = 24;

/** Pixels of a character of names on average. */
const LETTER = 6.6;

/**
 * Draws a confusion matrix: rows are the true classes, columns the named ones. The darker
 * a cell, the larger its part of its row; its number is a count.
 *
 * @param confusion Names and counts; a class without samples has an empty row.
 * @returns An SVG document on a white ground.
 *
 * @example
 * ```ts
 * import { confusionPlot } from "@vitfreeze/vitfreeze/plot";
 * import { match } from "node:assert/strict";
 *
 * const svg = confusionPlot({
 *   title: "Cats and dogs",
 *   names: ["cat", "dog"],
 *   counts: [8, 2, 1, 9],
 * });
 *
 * match(svg, />cat</);
 * ```
 */
export function confusionPlot({ title, names, counts }: Confusion): string {
  const { length: classes } = names;
  const cell = Math.max(
    CELL.least,
    Math.min(CELL.most, Math.floor(SIDE / Math.max(1, classes))),
  );
  // Names need not differ, so places stand for them.
  const places = names.map((_, place) => place);
  const words = names.map((name) => shortened(name, NAME));
  const room = 24 + LETTER * Math.max(4, ...words.map((name) => name.length));
  const cells = places.flatMap((row) => {
    const own = places.map((column) => counts[row * classes + column] ?? 0);
    const total = own.reduce((sum, count) => sum + count, 0);
    return own.map((count, column) => ({
      ...{ row, column, count },
      part: total === 0 ? 0 : count / total,
    }));
  });
  const scale = { domain: places, padding: 0.06, axis: null };
  const axis = {
    tickFormat: (place: number) => words[place] ?? "",
    tickSize: 0,
    label: null,
    fontSize: Math.min(12, cell - 2),
  };
  const side = cell * classes;
  const top = 74 + room;
  // The last name leans out of its column.
  const right = Math.max(24, 420 - room - side, Math.round(0.72 * room));
  return plotSvg({
    width: room + side + right,
    height: top + side + 20,
    marginLeft: room,
    marginRight: right,
    marginTop: top,
    marginBottom: 20,
    x: scale,
    y: scale,
    color: { type: "linear", domain: [0, 1], range: ["#f1f4f8", "#0b5f66"] },
    marks: [
      Plot.axisX({ ...axis, anchor: "top", tickRotate: -45 }),
      Plot.axisY({ ...axis, anchor: "left" }),
      Plot.cell(cells, { x: "column", y: "row", fill: "part", rx: 2 }),
      ...classes > MOST_NUMBERED ? [] : [Plot.text(cells, {
        x: "column",
        y: "row",
        text: ({ count }) => count === 0 ? "" : String(count),
        fill: ({ part }) => part > 0.45 ? "white" : INK,
        fontSize: Math.min(13, cell / 2.6),
      })],
      caption(title, [-room + 12, -top + 26], {
        fill: INK,
        fontWeight: 600,
        fontSize: 14,
      }),
      caption(
        "rows: what they are; columns: what they are named; darker: a larger part of the row",
        [-room + 12, -top + 48],
        { fill: QUIET, fontSize: 11 },
      ),
    ],
  });
}
