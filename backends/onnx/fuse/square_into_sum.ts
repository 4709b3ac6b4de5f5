/**
 * A sum of squares is one pass over its numbers.
 *
 * @module
 */
import type { Peephole } from "./fused_graph.ts";

/** `sumTo(square(x))` becomes `sumOfSquares(x)`, without the squares in between. */
export const squareIntoSum: Peephole = (node, uses) => {
  if (node.op !== "sumTo") return node;
  const [id = -1] = node.inputs;
  const square = uses.node(id);
  if (square?.op !== "square" || uses.count(id) > 1) return node;
  const { inputs } = square;
  const { shape, dtype } = node;
  return { op: "sumOfSquares", attributes: {}, inputs, shape, dtype };
};
