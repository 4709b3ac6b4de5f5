/** Quantities that stay the same within a phase, over a run. */
import * as Plot from "npm:@observablehq/plot@0.6.17";
import { legendHeight, plotSvg, titledLegend } from "../svg.ts";
import { stageColour } from "../theme.ts";

/** One quantity. */
export interface RunCurve {
  /** Name for the legend. */
  readonly name: string;
  /** Its values, in the order of time. */
  readonly pieces: readonly {
    /** Begin of the value's validity, as a part of the run. */
    readonly from: number;
    /** Its end. */
    readonly to: number;
    /** The value, as a part of the first one. */
    readonly value: number;
  }[];
}

const WIDTH = 860;
const HEIGHT = 380;

/** Beginning and end of every piece: a line with steps. */
const corners = ({ pieces }: RunCurve) =>
  pieces.flatMap(({ from, to, value }) => [
    { x: 100 * from, y: 100 * value },
    { x: 100 * to, y: 100 * value },
  ]);

/**
 * Draws quantities over a run, in percent.
 *
 * @param curves At least one; the last lies on top.
 */
export function runCurvesPlot(
  title: string,
  curves: readonly RunCurve[],
): string {
  const header = legendHeight(curves);
  return plotSvg({
    width: WIDTH,
    height: HEIGHT + header,
    marginTop: header + 24,
    marginLeft: 56,
    marginBottom: 42,
    x: { domain: [0, 100], label: "Part of the run, % →", labelOffset: 36 },
    y: { domain: [0, 105], label: null, grid: true },
    marks: [
      Plot.ruleY([0]),
      ...curves.map((curve, i) =>
        Plot.line(corners(curve), {
          x: "x",
          y: "y",
          stroke: stageColour(i),
          strokeWidth: 2,
        })
      ),
      ...titledLegend(title, curves),
    ],
  });
}
