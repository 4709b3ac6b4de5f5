/**
 * The optimizer's part of a step.
 *
 * @module
 */
import type { Backend, Program } from "../backends/backend.ts";
import {
  type Averaging,
  left,
  type Result,
  type Updated,
  updateGraph,
  type UpdateRule,
} from "../core/mod.ts";
import { compileGraph } from "./run_graph.ts";
import type { TrainError } from "./train_error.ts";

/**
 * Compiles an optimizer's step; parameters, moments and running means stay where
 * they are.
 *
 * @param backend Where it runs.
 * @param rule The update rule.
 * @param parameters What moves.
 * @param averaging Which running means are kept; by default none.
 * @returns The program, whose outputs replace its inputs of the same names.
 */
export async function compileUpdate(
  backend: Backend,
  rule: UpdateRule,
  parameters: readonly Updated[],
  averaging: Averaging | null = null,
): Promise<Result<TrainError, Program>> {
  const graph = updateGraph(rule, parameters, averaging);
  if (graph._tag === "Left") {
    return left({ _tag: "BadConfig", faults: graph.left });
  }
  const names = Object.keys(graph.right.outputs);
  const replaces = Object.fromEntries(names.map((name) => [name, name]));
  return await compileGraph(backend, graph, { replaces });
}
