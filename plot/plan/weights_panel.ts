/** Picture of a curriculum: weights of the stages over time. */
import * as Plot from "npm:@observablehq/plot@0.6.17";
import { type FreezePlan, weightsAt } from "../../core/mod.ts";
import { GRID, PLAN_FRAME, type PlanFrame } from "./plan_frame.ts";
import { caption, type Panel, plotSvg } from "../svg.ts";
import { INK } from "../theme.ts";

const WEIGHTS = { height: 120, top: 26, bottom: 8 };

/** Draws the weights of the stages over time, where a curriculum moves them. */
export function weightsPanel(
  plan: FreezePlan,
  frame: PlanFrame,
): readonly Panel[] {
  const { width, left, right } = PLAN_FRAME;
  const { curriculum } = plan.config;
  if (curriculum === undefined) return [];
  const weights = weightsAt(curriculum);
  const times = [0, ...curriculum.map(({ time }) => time), 1];
  const points = plan.stages.flatMap(({ index, layer, weight }) =>
    times.map((time) => ({
      stage: index,
      layer,
      time: frame.timeOf(time * plan.totalSteps),
      weight: weight * (weights(time)[index] ?? 0),
    }))
  );
  const svg = plotSvg({
    width,
    height: WEIGHTS.height,
    marginTop: WEIGHTS.top,
    marginBottom: WEIGHTS.bottom,
    marginLeft: left,
    marginRight: right,
    x: { ...frame.time, axis: null },
    y: { label: null, tickFormat: "~g", ticks: 3, zero: true, nice: true },
    color: frame.colour,
    marks: [
      Plot.gridY({ stroke: GRID, strokeOpacity: 1 }),
      Plot.line(points, {
        x: "time",
        y: "weight",
        z: "stage",
        stroke: "layer",
        strokeWidth: 1.8,
      }),
      Plot.ruleY([0], { stroke: INK }),
      caption(
        "↑ Weight of each stage, in the colour of the layer that it taps",
        [
          12 - left,
          -14,
        ],
        { fill: INK },
      ),
    ],
  });
  return [{ height: WEIGHTS.height, svg }];
}
