/** Plots as SVG text without a browser: one plot, several below each other, captions. */
import * as Plot from "npm:@observablehq/plot@0.6.17";
import { INK, LIGHT, QUIET, stageColour, type Theme } from "./theme.ts";

/** What plots are made in; linkedom's declarations leave it out. */
interface Page {
  readonly document: NonNullable<Plot.PlotOptions["document"]>;
}

/** A document without a browser. */
async function madePage(): Promise<Page> {
  const { parseHTML } = await import("npm:linkedom@0.18.15");
  return parseHTML("<html><body></body></html>") as unknown as Page;
}

/** The page itself where there is one. */
const { document } = "document" in globalThis
  ? globalThis as unknown as Page
  : await madePage();

/** Draws a plot. */
export function plotSvg(
  options: Plot.PlotOptions,
  { ground, ink }: Theme = LIGHT,
): string {
  const plot = Plot.plot({
    ...options,
    document,
    style: {
      background: ground,
      fontFamily: "system-ui, sans-serif",
      ...ground === LIGHT.ground ? {} : { color: ink },
    },
  });
  plot.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  return plot.outerHTML;
}

/** A plot and its height. */
export interface Panel {
  /** Height, pixels. */
  readonly height: number;
  /** The plot, an SVG element of that height. */
  readonly svg: string;
}

/** Puts plots below each other. */
export function stackedSvg(width: number, panels: readonly Panel[]): string {
  const tops = panels.map((_, i) =>
    panels.slice(0, i).reduce((sum, { height }) => sum + height, 0)
  );
  const height = panels.reduce((sum, panel) => sum + panel.height, 0);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    ...panels.map(({ svg }, i) =>
      `<g transform="translate(0 ${tops[i]})">${svg}</g>`
    ),
    "</svg>",
  ].join("\n");
}

/**
 * Words at a fixed distance from the upper left corner of the frame.
 *
 * @param offset Pixels to the right and down.
 * @param style Differences from the usual style: quiet, beginning at the offset.
 */
export function caption(
  words: string,
  [dx, dy]: readonly [x: number, y: number],
  style: Plot.TextOptions = {},
): Plot.Markish {
  return Plot.text([words], {
    frameAnchor: "top-left",
    textAnchor: "start",
    lineAnchor: "middle",
    fill: QUIET,
    dx,
    dy,
    ...style,
  });
}

/** A name in a legend, in the colour of its marks, at an offset as of `caption`. */
export const legendName = (
  name: string,
  fill: string,
  offset: readonly [x: number, y: number],
): Plot.Markish =>
  caption(`● ${name}`, offset, { fill, fontWeight: 600, fontSize: 11 });

const ROW = 18;

/** Pixels above the frame for a title and the names below it. */
export const legendHeight = (names: readonly unknown[]): number =>
  ROW * (names.length + 1);

/**
 * A title above the frame, and below it a row for each name, in the colours of stages.
 *
 * @param height Pixels for both.
 */
export function titledLegend(
  title: string,
  named: readonly { readonly name: string }[],
  height: number = legendHeight(named),
): readonly Plot.Markish[] {
  const top = -height - 6;
  const style = { fill: INK, fontWeight: 600, fontSize: 13 };
  return [
    caption(title, [0, top], style),
    ...named.map(({ name }, i) =>
      legendName(name, stageColour(i), [0, top + ROW * (i + 1)])
    ),
  ];
}
