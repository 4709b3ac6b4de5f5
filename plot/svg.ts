/**
 * Plots as SVG text, with no browser at hand.
 *
 * @module
 */
import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";

/** What linkedom gives; its declarations leave the document out. */
interface Page {
  readonly document: NonNullable<Plot.PlotOptions["document"]>;
}

/**
 * Draws a plot.
 *
 * @param options Marks, scales and sizes as Observable Plot knows them.
 * @returns An SVG document on a white ground.
 */
export function plotSvg(options: Plot.PlotOptions): string {
  const page = parseHTML("<html><body></body></html>") as unknown as Page;
  const plot = Plot.plot({
    ...options,
    document: page.document,
    style: { background: "white", fontFamily: "system-ui, sans-serif" },
  });
  plot.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  return plot.outerHTML;
}
