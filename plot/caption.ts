/**
 * Words outside the frame of a plot.
 *
 * @module
 */
import * as Plot from "@observablehq/plot";
import { QUIET } from "./palette.ts";

/**
 * Words at a fixed distance from the upper left corner of the frame.
 *
 * @param words What to say; a line break starts a second line.
 * @param offset Pixels to the right and down.
 * @param style What is not as usual: quiet, beginning at the offset.
 * @returns A mark for a plot.
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
