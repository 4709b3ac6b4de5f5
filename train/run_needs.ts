/**
 * What a run will use of an engine.
 *
 * @module
 */
import type { TestedNeeds } from "../backends/self_test.ts";
import {
  type FreezePlan,
  longestSum,
  type PretrainConfig,
} from "../core/mod.ts";
import { phaseGraphs } from "./phase_programs.ts";

/**
 * What an engine should be tested for before a run: its longest sum, which is that of
 * the first phase with whole micro-batches, and products in 8-bit integers if frozen
 * blocks compute so.
 *
 * @param config Model, optimizer and batch sizes.
 * @param plan The plan.
 * @returns Options of `selfTest` and `selectBackend`. Where there are no such graphs,
 * nothing is said of their sums; who compiles them is told why.
 */
export function runNeeds(
  config: PretrainConfig,
  plan: FreezePlan,
): TestedNeeds {
  const graphs = phaseGraphs(config, plan, plan.phases[0]);
  return {
    int8: config.frozenPrecision === "int8",
    ...graphs._tag === "Right"
      ? { longestSum: longestSum(graphs.right.gradient) }
      : {},
  };
}
