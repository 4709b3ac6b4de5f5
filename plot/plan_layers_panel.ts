/**
 * Panel of the layers: the part of the run in which each is trained.
 *
 * @module
 */
import * as Plot from "@observablehq/plot";
import type { FreezePlan, PlanLayer } from "../core/mod.ts";
import { caption } from "./caption.ts";
import { INK } from "./palette.ts";
import { PLAN_FRAME, type PlanFrame } from "./plan_frame.ts";
import type { Panel } from "./stacked.ts";
import { plotSvg } from "./svg.ts";

const BAR_HEIGHT = 24;
const TOP = 30;
const BOTTOM = 46;
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

/**
 * Draws a bar for each layer, as long as it trains.
 *
 * @param plan The plan.
 * @param frame What all panels share.
 */
export function layersPanel(plan: FreezePlan, frame: PlanFrame): Panel {
  const { width, left, right } = PLAN_FRAME;
  const height = TOP + plan.layers.length * BAR_HEIGHT + BOTTOM;
  const svg = plotSvg({
    width,
    height,
    marginTop: TOP,
    marginBottom: BOTTOM,
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
