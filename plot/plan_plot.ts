/**
 * A plan at a glance.
 *
 * @module
 */
import {
  type FreezePlan,
  predictedSaving,
  type RateConfig,
} from "../core/mod.ts";
import { caption } from "./caption.ts";
import { INK } from "./palette.ts";
import { PLAN_FRAME, planFrame } from "./plan_frame.ts";
import { layersPanel } from "./plan_layers_panel.ts";
import { ratesPanel } from "./plan_rates_panel.ts";
import { type Panel, stackedSvg } from "./stacked.ts";
import { plotSvg } from "./svg.ts";

/** Options of a plan's picture. */
export interface PlanPlotOptions {
  /** Optimizer steps of an epoch; with it, time is shown in epochs instead of steps. */
  readonly stepsPerEpoch?: number;
}

const TITLE_HEIGHT = 62;

const rateWords = ({ mode, stagePower }: RateConfig): readonly string[] => [
  mode._tag === "LayerWise"
    ? `rates by layer, power ${mode.power}`
    : "one common rate",
  ...(stagePower === 0 ? [] : [`by stage, power ${stagePower}`]),
];

function subtitleOf(plan: FreezePlan): string {
  const { freeze: { t0, scale }, rate } = plan.config;
  const { format } = new Intl.NumberFormat("en-US");
  const saving = (100 * predictedSaving(plan)).toFixed(1);
  return [
    `${scale} t₀ = ${Number(t0.toFixed(4))}`,
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
 * @param options How time is labelled.
 * @returns An SVG document on a white ground.
 *
 * @example The plan of the recipe for ViT-B, in epochs
 * ```ts
 * import { DEFAULT_PRETRAIN_CONFIG, planOf } from "@vitfreeze/vitfreeze/core";
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
    layersPanel(plan, frame),
  ]);
}
