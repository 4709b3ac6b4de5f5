/** A graph with sums over ranks in parts that each rank computes alone. */
import type { Graph, NodeId } from "./node.ts";
import { type Segment, type SegmentGoal, segmentsFor } from "./segments.ts";

/** For each node the most sums over ranks on a way to it, its own among them. */
function levelsOf({ nodes }: Graph): readonly number[] {
  const levels: number[] = [];
  for (const { op, inputs } of nodes) {
    const before = inputs.map((id) => levels[id] ?? 0);
    levels.push(Math.max(0, ...before) + (op === "rankSum" ? 1 : 0));
  }
  return levels;
}

/**
 * Cuts a graph at its sums over ranks into segments that run one after another, each on
 * every rank by itself; between them the numbers of the ranks are added up.
 *
 * After a segment, of the values that it carries those in `sums` are to be added up over all
 * ranks, all of them together, before the next one begins; it takes the sums in their place.
 * Every output is given by the first segment that can. Without sums over ranks there is one
 * segment, the graph itself.
 *
 * @param graph A graph of one rank; the graphs of all are cut alike.
 *
 * @example The mean of numbers of which three ranks have two each
 * ```ts
 * import { cutAtRankSums, traceGraph } from "../mod.ts";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const graph = traceGraph((g) => {
 *   const sum = g.sumTo(g.input("x", [2]), []);
 *   return { sum, mean: g.scale(g.apply("rankSum", {}, [sum]), 1 / 6) };
 * });
 * if (graph._tag === "Left") throw new Error("does not fit");
 * const [first, second] = cutAtRankSums(graph.right);
 *
 * deepStrictEqual([first?.outputs, first?.sums], [["sum"], ["carried/2"]]);
 * deepStrictEqual([second?.outputs, second?.takes], [["mean"], ["carried/2"]]);
 * ```
 */
export function cutAtRankSums(graph: Graph): readonly Segment[] {
  const levels = levelsOf(graph);
  const levelOf = (id: NodeId): number => levels[id] ?? 0;
  const outputs = Object.entries(graph.outputs);
  const sums = graph.nodes.flatMap(({ op }, id) =>
    op === "rankSum" ? [id] : []
  );
  const count = 1 + Math.max(0, ...levels);
  const goals = Array.from({ length: count }, (_, level): SegmentGoal => ({
    outputs: outputs.flatMap(([name, id]) =>
      levelOf(id) === level ? [name] : []
    ),
    sums: sums.filter((id) => levelOf(id) === level + 1),
  }));
  return segmentsFor(graph, goals);
}
