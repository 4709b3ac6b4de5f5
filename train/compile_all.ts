/**
 * Compiling the programs of a step together.
 *
 * @module
 */
import type { Backend, CompileOptions, Program } from "../backends/backend.ts";
import { type Faults, type Graph, type Result, right } from "../core/mod.ts";
import { compileGraph } from "./engine/programs.ts";
import { outputSumGraph } from "./sum_graph.ts";
import type { TrainError } from "./train_error.ts";

/** A graph, or what is wrong with it, and which of its inputs are replaced. */
export interface Work extends CompileOptions {
  /** What is compiled. */
  readonly graph: Result<Faults, Graph>;
}

/**
 * An optimizer's step; parameters, moments and running means stay where they are.
 *
 * @param graph The step, `updateGraph`; its outputs replace its inputs of the same names.
 */
export function updateInPlace(graph: Result<Faults, Graph>): Work {
  const outputs = graph._tag === "Left" ? {} : graph.right.outputs;
  const names = Object.keys(outputs);
  return {
    graph,
    replaces: Object.fromEntries(names.map((name) => [name, name])),
  };
}

/**
 * The sum of the outputs of a graph, which stays where it is.
 *
 * @param graph The graph whose outputs are added up, `outputSumGraph`.
 */
export function sumInPlace(graph: Graph): Work {
  const names = Object.keys(graph.outputs);
  return {
    graph: outputSumGraph(graph),
    replaces: Object.fromEntries(names.map((name) => [name, `sum/${name}`])),
  };
}

/**
 * Compiles graphs in their order.
 *
 * @param backend Where they run.
 * @param works The graphs.
 * @returns The programs, or the first error; then nothing is held.
 */
export async function compileAll(
  backend: Backend,
  works: readonly Work[],
): Promise<Result<TrainError, readonly Program[]>> {
  const programs: Program[] = [];
  for (const { graph, ...options } of works) {
    const program = await compileGraph(backend, graph, options);
    if (program._tag === "Left") {
      programs.forEach((compiled) => compiled.dispose());
      return program;
    }
    programs.push(program.right);
  }
  return right(programs);
}
