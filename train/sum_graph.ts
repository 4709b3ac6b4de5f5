/**
 * Adding up what micro-batches give.
 *
 * @module
 */
import {
  type Faults,
  type Graph,
  type Result,
  traceGraph,
} from "../core/mod.ts";

/**
 * Adds every output of a graph to that of earlier runs.
 *
 * @param graph The graph whose outputs are added up.
 * @returns A graph with inputs `sum/NAME` and `part/NAME` and outputs `NAME`.
 */
export function outputSumGraph(graph: Graph): Result<Faults, Graph> {
  return traceGraph((g) =>
    Object.fromEntries(
      Object.entries(graph.outputs).map(([name, id]) => {
        const shape = graph.nodes[id]?.shape ?? [];
        const [sum, part] = ["sum", "part"].map((prefix) =>
          g.input(`${prefix}/${name}`, shape)
        ) as [number, number];
        return [name, g.add(sum, part)];
      }),
    )
  );
}
