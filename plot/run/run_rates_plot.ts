/** The learning rates of a run that is under way. */
import * as Plot from "npm:@observablehq/plot@0.6.17";
import type { FreezePlan } from "../../core/mod.ts";
import { caption, plotSvg } from "../svg.ts";
import { phaseMarks } from "./phase_marks.ts";
import { layerScale, LIGHT, type PlotSize, type Theme } from "../theme.ts";
import { rateCurve, type RatePoint } from "../plan/rate_curves.ts";

/** The rates that a step had. */
export interface RatesPoint {
  /** Optimizer step, from 0. */
  readonly step: number;
  /** Learning rate of each layer. */
  readonly rates: readonly number[];
}

/** Options of a plot of rates. */
export interface RunRatesOptions {
  /** Colours; `LIGHT` by default. */
  readonly theme?: Theme;
  /** Its size; 960 × 400 pixels by default. */
  readonly size?: PlotSize;
}

const SIZE: PlotSize = { width: 960, height: 400 };
const [TOP, RIGHT, BOTTOM, LEFT] = [50, 24, 44, 60] as const;

/** Pixels that a label of the axis of steps needs at least. */
const TICK_WIDTH = 80;

/** Points drawn of what was recorded. */
const MOST_POINTS = 400;

/** A point of a curve. */
interface CurvePoint extends RatePoint {
  readonly layer: number;
}

const planned = ({ layers }: FreezePlan<unknown>): readonly CurvePoint[] =>
  layers.flatMap(({ index, schedule }) =>
    rateCurve(schedule).map((point) => ({ layer: index, ...point }))
  );

/** Rates of every so many steps and of the last one; a layer's curve ends where it is frozen. */
function recordedCurves(
  { layers }: FreezePlan<unknown>,
  points: readonly RatesPoint[],
): readonly CurvePoint[] {
  const stride = Math.ceil(points.length / MOST_POINTS);
  const drawn = points.filter((_, i) =>
    i % stride === 0 || i === points.length - 1
  );
  return layers.flatMap(({ index, freezeStep }) =>
    drawn.filter(({ step }) => step <= freezeStep)
      .map(({ step, rates }) => ({
        layer: index,
        step,
        rate: rates[index] ?? NaN,
      }))
  );
}

/**
 * Draws the learning rate of every layer: what was recorded in full colour, what
 * is planned faintly, and an upright line where the run is now.
 *
 * @param plan The plan.
 * @param points Recorded steps, rising; none gives the plan alone.
 * @param options Colours and size.
 * @returns An SVG document.
 *
 * @example
 * ```ts
 * import { DEFAULT_PRETRAIN_CONFIG, planOf, ratesAt } from "@vitfreeze/vitfreeze";
 * import { runRatesPlot } from "@vitfreeze/vitfreeze/plot";
 * import { match } from "node:assert/strict";
 *
 * const plan = planOf(DEFAULT_PRETRAIN_CONFIG, 1_281_167);
 * if (plan._tag === "Left") throw new Error("never");
 * const points = [0, 1000, 2000].map((step) => (
 *   { step, rates: ratesAt(plan.right)(step).layers }
 * ));
 *
 * match(runRatesPlot(plan.right, points), /Learning rate/);
 * ```
 */
export function runRatesPlot(
  plan: FreezePlan<unknown>,
  points: readonly RatesPoint[],
  { theme = LIGHT, size = SIZE }: RunRatesOptions = {},
): string {
  const at = { x: "step", y: "rate", z: "layer", stroke: "layer" } as const;
  const now = points.at(-1)?.step;
  return plotSvg({
    ...size,
    marginTop: TOP,
    marginRight: RIGHT,
    marginBottom: BOTTOM,
    marginLeft: LEFT,
    x: {
      label: "Step →",
      labelOffset: 38,
      tickFormat: ",d",
      domain: [0, plan.totalSteps],
      ticks: Math.min(10, Math.round(size.width / TICK_WIDTH)),
    },
    y: { label: null, tickFormat: "~g", zero: true, nice: true },
    color: layerScale(plan.layers.length, theme),
    marks: [
      Plot.gridY({ stroke: theme.grid, strokeOpacity: 1 }),
      ...phaseMarks(
        plan.phases,
        plan.totalSteps,
        size.width - LEFT - RIGHT,
        theme,
      ),
      Plot.line(planned(plan), {
        ...at,
        strokeWidth: 1.2,
        strokeOpacity: 0.35,
      }),
      Plot.line(recordedCurves(plan, points), { ...at, strokeWidth: 2.2 }),
      Plot.ruleX(now === undefined ? [] : [now], {
        stroke: theme.ink,
        strokeWidth: 1.4,
      }),
      caption("↑ Learning rate", [-LEFT + 12, -32], { fill: theme.quiet }),
    ],
  }, theme);
}
