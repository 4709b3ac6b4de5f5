/** Cost of a graph. */
import { type Graph, type Node, type Signature, sizeOf } from "./node.ts";
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

/** Count of the terms that each number of a node is the sum of. */
function termsOf({ nodes }: Graph, node: Node): number {
  const { shape = [] } = nodes[node.inputs[0] ?? -1] ?? {};
  switch (node.op) {
    case "matmul":
      return shape.at(node.attributes.transposeA ? -2 : -1) ?? 1;
    case "sumTo":
      return sizeOf(shape) / sizeOf(node.shape);
    case "conv2dWeightGrad":
      return sizeOf(shape.with(1, 1));
    default:
      return 1;
  }
}

/**
 * Terms of the longest sum of a graph, in a product, over axes or over a batch of images.
 * Sums within rows and kernels are shorter than those.
 */
export function longestSum(graph: Graph): number {
  return graph.nodes.reduce(
    (longest, node) => Math.max(longest, termsOf(graph, node)),
    1,
  );
}
