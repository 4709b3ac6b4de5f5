/** Accuracies of several starts and ways side by side. */
import * as Plot from "npm:@observablehq/plot@0.6.17";
import { caption, plotSvg } from "../svg.ts";
import { INK, QUIET, stageColour } from "../theme.ts";

/** One accuracy with the interval in which it lies. */
export interface AccuracyBar {
  /** Group of bars that it is in. */
  readonly group: string;
  /** Name of its bar, the same in all groups. */
  readonly name: string;
  /** In `[0, 1]`. */
  readonly accuracy: number;
  /** The interval, in `[0, 1]`. */
  readonly interval: readonly [low: number, high: number];
}

/** Bars and what they are compared with. */
export interface AccuracyBarsOptions {
  /** Words above the picture. */
  readonly title: string;
  /** Accuracy that needs no learning, in `[0, 1]`: a dashed line. */
  readonly floor?: number;
  /** The floor in words. */
  readonly floorName?: string;
}

const WIDTH = 760;
const BAR = 24;
const LEFT = 150;

/**
 * Draws accuracies as bars with the intervals in which they lie, in groups, in percent.
 *
 * @param options Title and floor.
 * @param bars Bars in the order in which they are drawn; colours go by their names.
 * @returns An SVG document on a white ground.
 *
 * @example
 * ```ts
 * import { accuracyBars } from "@vitfreeze/vitfreeze/plot";
 * import { match } from "node:assert/strict";
 *
 * const svg = accuracyBars({ title: "Accuracy" }, [
 *   { group: "linear probe", name: "trained", accuracy: 0.8, interval: [0.77, 0.82] },
 *   { group: "linear probe", name: "untrained", accuracy: 0.6, interval: [0.57, 0.63] },
 * ]);
 *
 * match(svg, /80\.0/);
 * ```
 */
export function accuracyBars(
  { title, floor, floorName = "" }: AccuracyBarsOptions,
  bars: readonly AccuracyBar[],
): string {
  const names = [...new Set(bars.map(({ name }) => name))];
  const groups = [...new Set(bars.map(({ group }) => group))];
  const colour = (name: string): string => stageColour(names.indexOf(name));
  const percent = (part: number): number => 100 * part;
  const top = 78;
  const height = top + 44 +
    groups.length * (names.length * BAR + 18);
  const place = { fy: "group", y: "name" } as const;
  return plotSvg({
    width: WIDTH,
    height,
    marginLeft: LEFT,
    marginRight: 60,
    marginTop: top,
    marginBottom: 40,
    x: {
      domain: [0, 100],
      label: "images named rightly, % →",
      labelOffset: 34,
      grid: true,
    },
    y: { domain: names, axis: null, padding: 0.18 },
    fy: { domain: groups, padding: 0.16, axis: null },
    marks: [
      Plot.axisFy({ anchor: "left", label: null, fontSize: 12, tickSize: 0 }),
      Plot.barX(bars, {
        ...place,
        x: ({ accuracy }: AccuracyBar) => percent(accuracy),
        fill: ({ name }: AccuracyBar) => colour(name),
        fillOpacity: 0.85,
      }),
      Plot.ruleY(bars, {
        ...place,
        x1: ({ interval }: AccuracyBar) => percent(interval[0]),
        x2: ({ interval }: AccuracyBar) => percent(interval[1]),
        stroke: INK,
        strokeWidth: 1.6,
      }),
      ...[0, 1].map((end) =>
        Plot.tickX(bars, {
          ...place,
          x: ({ interval }: AccuracyBar) => percent(interval[end] ?? NaN),
          stroke: INK,
          insetTop: 4,
          insetBottom: 4,
        })
      ),
      Plot.text(bars, {
        ...place,
        x: ({ interval }: AccuracyBar) => percent(interval[1]),
        text: ({ accuracy }: AccuracyBar) => percent(accuracy).toFixed(1),
        textAnchor: "start",
        dx: 6,
        fill: INK,
        fontSize: 12,
      }),
      ...floor === undefined ? [] : [Plot.ruleX([percent(floor)], {
        stroke: QUIET,
        strokeDasharray: "4 3",
      })],
      caption(title, [12 - LEFT, 24 - top], {
        fill: INK,
        fontWeight: 600,
        fontSize: 14,
        facet: "super",
      }),
      ...names.map((name, i) =>
        caption(`● ${name}`, [12 - LEFT + 150 * i, 48 - top], {
          fill: colour(name),
          fontWeight: 600,
          fontSize: 11,
          facet: "super",
        })
      ),
      ...floor === undefined ? [] : [
        caption(`┆ ${floorName}`, [12 - LEFT + 150 * names.length, 48 - top], {
          fontSize: 11,
          facet: "super",
        }),
      ],
    ],
  });
}
