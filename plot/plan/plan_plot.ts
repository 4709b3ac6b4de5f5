/**
 * Picture of a plan: learning rates over time, and the part of the run in which each
 * layer trains.
 */
import * as Plot from "npm:@observablehq/plot@0.6.17";
import {
  type FreezePlan,
  type PlanLayer,
  predictedSaving,
  type RateConfig,
} from "../../core/mod.ts";
import { GRID, PLAN_FRAME, type PlanFrame, planFrame } from "./plan_frame.ts";
import { caption, type Panel, plotSvg, stackedSvg } from "../svg.ts";
import { INK, QUIET } from "../theme.ts";
import { rateCurve } from "./rate_curves.ts";
import { weightsPanel } from "./weights_panel.ts";

/** Options of a plan's picture. */
export interface PlanPlotOptions {
  /** Optimizer steps of an epoch; with it, time is shown in epochs instead of steps. */
  readonly stepsPerEpoch?: number;
}

const RATES = { height: 372, top: 32, bottom: 8 };
const WARMUP = "#f5f1e6";

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

/** Draws the learning rates. */
function ratesPanel(plan: FreezePlan, frame: PlanFrame): Panel {
  const { width, left, right } = PLAN_FRAME;
  const svg = plotSvg({
    width,
    height: RATES.height,
    marginTop: RATES.top,
    marginBottom: RATES.bottom,
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
  return { height: RATES.height, svg };
}

const BARS = { height: 24, top: 30, bottom: 46 };
const FROZEN = "#eceef2";

/** Bars that end before this part of the run have their label behind them. */
const SHORT_BAR = 0.25;

/** The bar of a layer. */
interface Bar {
  readonly row: string;
  readonly layer: number;
  readonly time: number;
  readonly part: number;
  readonly label: string;
}

const rowOf = ({ name }: PlanLayer): string => name.replace("_", " ");

const barOf =
  (plan: FreezePlan, frame: PlanFrame) => (layer: PlanLayer): Bar => {
    const part = layer.freezeStep / plan.totalSteps;
    const taps = plan.stages.filter((stage) => stage.layer === layer.index)
      .map(({ index }) => `taps stage ${index + 1}`);
    const end = part < 1 ? `${(100 * part).toFixed(1)} %` : "to the end";
    return {
      row: rowOf(layer),
      layer: layer.index,
      time: frame.timeOf(layer.freezeStep),
      part,
      label: [...taps, end].join(" · "),
    };
  };

function barMarks(plan: FreezePlan, frame: PlanFrame): Plot.Markish[] {
  const bars = plan.layers.map(barOf(plan, frame));
  const end = frame.timeOf(plan.totalSteps);
  const short = bars.filter(({ part }) => part < SHORT_BAR);
  const long = bars.filter(({ part }) => part >= SHORT_BAR);
  const words = { x: "time", y: "row", text: "label", fontSize: 10.5 };
  return [
    Plot.barX(bars.filter(({ part }) => part < 1), {
      x1: "time",
      x2: end,
      y: "row",
      fill: FROZEN,
    }),
    Plot.barX(bars, { x1: 0, x2: "time", y: "row", fill: "layer" }),
    Plot.text(long, { ...words, textAnchor: "end", dx: -7, fill: "white" }),
    Plot.text(short, { ...words, textAnchor: "start", dx: 7, fill: INK }),
  ];
}

/** Draws a bar for each layer, as long as it trains. */
function layersPanel(plan: FreezePlan, frame: PlanFrame): Panel {
  const { width, left, right } = PLAN_FRAME;
  const height = BARS.top + plan.layers.length * BARS.height + BARS.bottom;
  const svg = plotSvg({
    width,
    height,
    marginTop: BARS.top,
    marginBottom: BARS.bottom,
    marginLeft: left,
    marginRight: right,
    x: {
      ...frame.time,
      label: frame.timeLabel,
      labelAnchor: "center",
      labelOffset: 38,
    },
    y: {
      domain: plan.layers.map(rowOf),
      label: null,
      padding: 0.16,
      tickSize: 0,
    },
    color: frame.colour,
    marks: [
      ...barMarks(plan, frame),
      caption("Layer trains until", [12 - left, -7], { fill: INK }),
    ],
  });
  return { height, svg };
}

const TITLE_HEIGHT = 62;

const rateWords = ({ mode, stagePower }: RateConfig): readonly string[] => [
  mode._tag === "LayerWise"
    ? `rates by layer, power ${mode.power}`
    : "one common rate",
  ...(stagePower === 0 ? [] : [`by stage, power ${stagePower}`]),
];

function subtitleOf(plan: FreezePlan): string {
  const { freeze: { t0, scale, times }, rate } = plan.config;
  const { format } = new Intl.NumberFormat("en-US");
  const saving = (100 * predictedSaving(plan)).toFixed(1);
  return [
    times === undefined
      ? `${scale} t₀ = ${Number(t0.toFixed(4))}`
      : `freeze times listed, the first ${Number(t0.toFixed(4))}`,
    ...rateWords(rate),
    `${format(plan.totalSteps)} steps`,
    ...(plan.warmupSteps === 0
      ? []
      : [`${format(plan.warmupSteps)} of them warm-up`]),
    `${saving} % of the operations saved`,
  ].join(" · ");
}

function titlePanel(plan: FreezePlan): Panel {
  const at = (y: number): readonly [number, number] => [12, y];
  const title = `How ${plan.layers.length} layers learn and freeze`;
  const svg = plotSvg({
    width: PLAN_FRAME.width,
    height: TITLE_HEIGHT,
    margin: 0,
    marks: [
      caption(title, at(22), { fill: INK, fontSize: 17, fontWeight: 600 }),
      caption(subtitleOf(plan), at(46), { fontSize: 12 }),
    ],
  });
  return { height: TITLE_HEIGHT, svg };
}

/**
 * Draws a plan: above, the learning rate of every layer over time; below, a bar
 * for each layer as long as it trains, in the colour of its curve.
 *
 * The warm-up has a yellow ground; dashed lines are steps at which a stage is
 * pruned; a dotted curve is the rate of parameters that never freeze, if there
 * are any.
 *
 * @param plan The plan.
 * @param options Unit of time.
 * @returns An SVG document on a white ground.
 *
 * @example The plan of the recipe for ViT-B, in epochs
 * ```ts
 * import { DEFAULT_PRETRAIN_CONFIG, planOf } from "@vitfreeze/vitfreeze";
 * import { planPlot } from "@vitfreeze/vitfreeze/plot";
 * import { match } from "node:assert/strict";
 *
 * const plan = planOf(DEFAULT_PRETRAIN_CONFIG, 1_281_167);
 * if (plan._tag === "Left") throw new Error("unreachable");
 *
 * match(planPlot(plan.right, { stepsPerEpoch: 625 }), /patch embed/);
 * ```
 */
export function planPlot(
  plan: FreezePlan,
  options: PlanPlotOptions = {},
): string {
  const frame = planFrame(plan, options.stepsPerEpoch);
  return stackedSvg(PLAN_FRAME.width, [
    titlePanel(plan),
    ratesPanel(plan, frame),
    ...weightsPanel(plan, frame),
    layersPanel(plan, frame),
  ]);
}
