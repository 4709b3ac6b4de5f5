/**
 * The learning rate of every layer over time.
 *
 * @module
 */
import * as Plot from "@observablehq/plot";
import type { FreezePlan } from "../core/mod.ts";
import { caption } from "./caption.ts";
import { INK, QUIET } from "./palette.ts";
import { PLAN_FRAME, type PlanFrame } from "./plan_frame.ts";
import { rateCurve } from "./rate_curves.ts";
import type { Panel } from "./stacked.ts";
import { plotSvg } from "./svg.ts";

const HEIGHT = 372;
const TOP = 32;
const BOTTOM = 8;
const WARMUP = "#f5f1e6";
const GRID = "#dfe3ea";

/** Parts of the run that words need. */
const WARMUP_LABEL = 0.07;
const STAGE_LABEL = 0.055;

const warmupMarks = (plan: FreezePlan, frame: PlanFrame): Plot.Markish[] => {
  const { warmupSteps, totalSteps } = plan;
  const end = frame.timeOf(warmupSteps);
  const isNamed = warmupSteps / totalSteps >= WARMUP_LABEL;
  return warmupSteps === 0 ? [] : [
    Plot.rectX([end], { x1: 0, x2: end, fill: WARMUP }),
    Plot.text(isNamed ? ["warm-up"] : [], {
      x: end / 2,
      frameAnchor: "top",
      dy: 8,
      fill: QUIET,
    }),
  ];
};

/** Stages whose name does not run into the one before. */
const namedPrunings = ({ stages, totalSteps }: FreezePlan) =>
  stages.reduce<typeof stages>(
    (named, stage) =>
      stage.pruneStep - (named.at(-1)?.pruneStep ?? -Infinity) <
          STAGE_LABEL * totalSteps
        ? named
        : [...named, stage],
    [],
  ).filter(({ pruneStep }) => pruneStep < totalSteps);

const pruningMarks = (plan: FreezePlan, frame: PlanFrame): Plot.Markish[] => {
  const pruned = plan.stages
    .filter(({ pruneStep }) => pruneStep < plan.totalSteps);
  const named = namedPrunings(plan).map(({ index, pruneStep }) => ({
    time: frame.timeOf(pruneStep),
    name: `− stage ${index + 1}`,
  }));
  return [
    Plot.ruleX(pruned.map(({ pruneStep }) => frame.timeOf(pruneStep)), {
      stroke: "#9aa3b2",
      strokeDasharray: "3 3",
    }),
    Plot.text(named, {
      x: "time",
      text: "name",
      frameAnchor: "top",
      dy: -9,
      fill: QUIET,
    }),
  ];
};

const curvesOf = (plan: FreezePlan, frame: PlanFrame): Plot.Markish => {
  const points = plan.layers.flatMap(({ index, schedule }) =>
    rateCurve(schedule).map(({ step, rate }) => ({
      layer: index,
      time: frame.timeOf(step),
      rate,
    }))
  );
  return Plot.line(points, {
    x: "time",
    y: "rate",
    z: "layer",
    stroke: "layer",
    strokeWidth: 1.8,
  });
};

/** The rate of what never freezes, if the plan has such parameters. */
const unfrozenCurve = (plan: FreezePlan, frame: PlanFrame): Plot.Markish => {
  const { freezePatchEmbed, classToken } = plan.config.freeze;
  const allFreeze = freezePatchEmbed && classToken === "withLayer0";
  const points = allFreeze ? [] : rateCurve(plan.unfrozen)
    .map(({ step, rate }) => ({ time: frame.timeOf(step), rate }));
  return Plot.line(points, {
    x: "time",
    y: "rate",
    stroke: INK,
    strokeDasharray: "2 5",
  });
};

/**
 * Draws the learning rates.
 *
 * @param plan The plan.
 * @param frame What all panels share.
 */
export function ratesPanel(plan: FreezePlan, frame: PlanFrame): Panel {
  const { width, left, right } = PLAN_FRAME;
  const svg = plotSvg({
    width,
    height: HEIGHT,
    marginTop: TOP,
    marginBottom: BOTTOM,
    marginLeft: left,
    marginRight: right,
    x: { ...frame.time, axis: null },
    y: { label: null, tickFormat: "~g", zero: true, nice: true },
    color: frame.colour,
    marks: [
      ...warmupMarks(plan, frame),
      Plot.gridY({ stroke: GRID, strokeOpacity: 1 }),
      ...pruningMarks(plan, frame),
      curvesOf(plan, frame),
      unfrozenCurve(plan, frame),
      Plot.ruleY([0], { stroke: INK }),
      caption("↑ Learning rate", [12 - left, -20], { fill: INK }),
    ],
  });
  return { height: HEIGHT, svg };
}
