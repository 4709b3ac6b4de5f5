/**
 * A factor before or behind a matrix product is a factor of the product.
 *
 * @module
 */
import type { NodeId } from "../../../core/mod.ts";
import type { EngineNode, FusedNodeOf, Peephole, Uses } from "./fused_graph.ts";

/** A product of either kind with its factor, or `null`. */
function asScaled(
  node: EngineNode | undefined,
): FusedNodeOf<"scaledMatmul"> | null {
  if (node?.op === "scaledMatmul") return node;
  return node?.op === "matmul"
    ? {
      ...node,
      op: "scaledMatmul",
      attributes: { ...node.attributes, factor: 1 },
    }
    : null;
}

const times = (
  node: FusedNodeOf<"scaledMatmul">,
  factor: number,
  inputs: readonly NodeId[],
): EngineNode => ({
  ...node,
  attributes: {
    ...node.attributes,
    factor: node.attributes.factor * factor,
  },
  inputs,
});

/** What an operand is `factor` times of. */
function withoutScale(
  id: NodeId,
  uses: Uses,
): readonly [operand: NodeId, factor: number] {
  const node = uses.node(id);
  return node?.op === "scale"
    ? [node.inputs[0] ?? id, node.attributes.factor]
    : [id, 1];
}

/** The product of scaled operands becomes a scaled product of the operands. */
export const scaledOperands: Peephole = (node, uses) => {
  const product = asScaled(node);
  if (product === null) return node;
  const operands = product.inputs.map((id) => withoutScale(id, uses));
  const factor = operands.reduce((total, [, own]) => total * own, 1);
  return factor === 1 ? node : times(product, factor, operands.map(([x]) => x));
};

/** A scaled product that nothing else uses becomes one product with a factor. */
export const scaledResult: Peephole = (node, uses) => {
  if (node.op !== "scale") return node;
  const [x = -1] = node.inputs;
  const product = uses.count(x) === 1 ? asScaled(uses.node(x)) : null;
  return product === null
    ? node
    : times(product, node.attributes.factor, product.inputs);
};
