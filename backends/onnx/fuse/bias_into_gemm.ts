/**
 * A sum with a matrix product is one product with a start value.
 *
 * @module
 */
import type { NodeId, NodeOf, Shape } from "../../../core/mod.ts";
import type { EngineNode, Peephole, Uses } from "./fused_graph.ts";

/** Whether `c` can be repeated into the rows and columns of a product. */
function isStartValue(c: Shape, [rows, columns]: Shape): boolean {
  const [n = 1, m = 1, ...rest] = c.toReversed();
  return rest.length === 0 && (m === 1 || m === rows) &&
    (n === 1 || n === columns);
}

/** The product of matrices at `id`, if the sum is all that uses it. */
function productAt(
  id: NodeId,
  { shape }: EngineNode,
  uses: Uses,
): NodeOf<"matmul"> | null {
  const node = uses.node(id);
  return node?.op === "matmul" && node.shape.length === 2 &&
      shape.length === 2 && uses.count(id) === 1
    ? node
    : null;
}

/** `op(a)·op(b) + c` becomes `gemm(a, b, c)`: biases, and gradients that add up. */
export const biasIntoGemm: Peephole = (node, uses) => {
  if (node.op !== "add") return node;
  const [left = -1, right = -1] = node.inputs;
  for (const [id, other] of [[left, right], [right, left]] as const) {
    const product = productAt(id, node, uses);
    const start = uses.node(other)?.shape;
    if (product && start && isStartValue(start, product.shape)) {
      const { attributes, inputs, shape, dtype } = product;
      return {
        op: "gemm",
        attributes,
        inputs: [...inputs, other],
        shape,
        dtype,
      };
    }
  }
  return node;
};
