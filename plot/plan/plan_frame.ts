/** Frame that the panels of a plan share. */
import type * as Plot from "npm:@observablehq/plot@0.6.17";
import type { FreezePlan } from "../../core/mod.ts";
import { layerScale, LIGHT } from "../theme.ts";

/** Pixels, the same for every panel, so that steps stand below each other. */
export const PLAN_FRAME = { width: 960, left: 104, right: 28 } as const;

/** Width, time axis and colours of the panels. */
export interface PlanFrame {
  /** Place of a step on the axis of time. */
  readonly timeOf: (step: number) => number;
  /** The axis of time, without a label. */
  readonly time: Plot.ScaleOptions;
  /** Label of the axis of time. */
  readonly timeLabel: string;
  /** Colours of layers by index: shallow dark, deep bright, none too pale for white letters. */
  readonly colour: Plot.ScaleOptions;
}

/** A frame with time in epochs, or in optimizer steps if epochs are not known. */
export function planFrame(
  { layers, totalSteps }: FreezePlan,
  stepsPerEpoch: number | undefined,
): PlanFrame {
  const timeOf = (step: number): number => step / (stepsPerEpoch ?? 1);
  return {
    timeOf,
    time: { domain: [0, timeOf(totalSteps)], tickFormat: ",~r", ticks: 10 },
    timeLabel: stepsPerEpoch === undefined ? "Optimizer step →" : "Epoch →",
    colour: layerScale(layers.length, LIGHT),
  };
}

/** Colour of lines behind curves. */
export const GRID = "#dfe3ea";
