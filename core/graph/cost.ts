/**
 * What a graph costs.
 *
 * @module
 */
import type { Graph, Node, Signature } from "./node.ts";
import { definitionOf } from "./ops.ts";

/**
 * Floating-point operations of one node: `2·m·n·k` of a matrix product, a nominal
 * count for the HOG pass, 0 for ops that only move or map numbers.
 */
export function nodeFlops(graph: Graph, node: Node): number {
  const signatures = node.inputs.map((id): Signature =>
    graph.nodes[id] ?? { shape: [], dtype: "float32" }
  );
  return definitionOf(node.op).flops(node, signatures);
}

/** Floating-point operations of a whole graph. */
export function graphFlops(graph: Graph): number {
  return graph.nodes.reduce((sum, node) => sum + nodeFlops(graph, node), 0);
}
