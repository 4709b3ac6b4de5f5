/** Measured steps of one machine, for models and phases that were not measured. */
import { phaseFlops } from "../../core/mod.ts";
import { orThrow } from "../../train/mod.ts";
import { PEER_MODELS } from "../peers/peer_models.ts";
import type { PairRow } from "../peers/pair_row.ts";
import { benchedPlan, configOf } from "../step/step_spec.ts";

/** Seconds of an operation where a part of them is left. */
export interface MeasuredPoint {
  /** Operations of the step as a part of those of an unfrozen one. */
  readonly part: number;
  /** Seconds of the forward and backward pass for each operation. */
  readonly secondsPerFlop: number;
}

/** Measured steps. */
export interface MeasuredSteps {
  /** Images of a pass. */
  readonly batchSize: number;
  /** Steps, the part rising. */
  readonly points: readonly MeasuredPoint[];
  /** Seconds of the update for each number of the parameters that train. */
  readonly numberSeconds: number;
}

/** Measured steps of rows of `bench/peers.ts`, ours alone. */
export function measuredSteps(rows: readonly PairRow[]): MeasuredSteps {
  const [first] = rows;
  if (first === undefined) throw new Error("There is no measured step");
  const { batchSize, model } = first;
  const plan = orThrow(benchedPlan(configOf(PEER_MODELS[model], batchSize)));
  const flops = plan.phases.map(phaseFlops(plan));
  const points = rows.map(({ frozen, ours }) => {
    const own = flops[frozen] ?? NaN;
    return {
      part: own / (flops[0] ?? NaN),
      secondsPerFlop: (ours.gradientMs ?? NaN) / 1000 / (batchSize * own),
    };
  }).toSorted((a, b) => a.part - b.part);
  const sum = (numbers: readonly number[]): number =>
    numbers.reduce((all, number) => all + number, 0);
  const numberSeconds = sum(rows.map(({ ours }) => ours.updateMs)) / 1000 /
    sum(rows.map(({ ours }) => ours.trainable));
  return { batchSize, points, numberSeconds };
}

/**
 * Seconds of an operation where only a part of them is left: straight lines between the
 * measured parts, level beyond them.
 */
export function flopSeconds(
  { points }: MeasuredSteps,
): (part: number) => number {
  return (part) => {
    const above = points.find((point) => point.part >= part) ?? points.at(-1);
    const below = points.findLast((point) => point.part <= part) ?? points[0];
    if (above === undefined || below === undefined) return NaN;
    const span = above.part - below.part;
    const along = span > 0 ? (part - below.part) / span : 0;
    return below.secondsPerFlop +
      along * (above.secondsPerFlop - below.secondsPerFlop);
  };
}
