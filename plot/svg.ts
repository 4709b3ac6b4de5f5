/**
 * Plots as SVG text, with no browser at hand.
 *
 * @module
 */
import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { LIGHT, type Theme } from "./theme.ts";

/** linkedom's window; its declarations leave the document out. */
interface Page {
  readonly document: NonNullable<Plot.PlotOptions["document"]>;
}

/**
 * Draws a plot.
 *
 * @param options Marks, scales and sizes as Observable Plot knows them.
 * @param theme Colours of the ground and of what has no colour of its own.
 * @returns An SVG document.
 */
export function plotSvg(
  options: Plot.PlotOptions,
  { ground, ink }: Theme = LIGHT,
): string {
  const page = parseHTML("<html><body></body></html>") as unknown as Page;
  const plot = Plot.plot({
    ...options,
    document: page.document,
    style: {
      background: ground,
      fontFamily: "system-ui, sans-serif",
      ...ground === LIGHT.ground ? {} : { color: ink },
    },
  });
  plot.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  return plot.outerHTML;
}
