/**
 * Demands of a training on an engine.
 *
 * @module
 */
import type { TestedNeeds } from "../../backends/self_test.ts";
import { longestSum } from "../../core/mod.ts";
import { phaseGraphs } from "./phase.ts";
import type { Task } from "./task.ts";

/**
 * What an engine should be tested for before a training: its longest sum, which is that
 * of the first phase with whole micro-batches, and products in 8-bit integers if frozen
 * blocks compute so.
 *
 * @param task The training.
 * @returns Options of `selfTest` and `selectBackend`. Where there are no such graphs,
 * nothing is said of their sums; who compiles them is told why.
 */
export function runNeeds(task: Task<unknown>): TestedNeeds {
  const graphs = phaseGraphs(task, task.plan.phases[0]);
  return {
    int8: task.int8 !== undefined,
    ...graphs._tag === "Right"
      ? { longestSum: longestSum(graphs.right.gradient) }
      : {},
  };
}
