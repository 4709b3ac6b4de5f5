/** Gradients of biases, which are summed while the product for the weights reads the same numbers. */
import { type NodeId, type NodeOf, sizeOf } from "../../../../core/mod.ts";
import type { Pattern } from "../context.ts";
import { lowerMatmul } from "../op_kernels.ts";
import type { Outline } from "../outline.ts";
import { isColumnSum } from "./layer_norm.ts";

/** The sum over rows of the transposed first matrix of a product, if it can wait for the product. */
function biasOf(
  outline: Outline,
  product: NodeOf<"matmul">,
  id: NodeId,
  isTaken: (id: NodeId) => boolean,
): NodeId | undefined {
  const { node, root, users } = outline;
  const [a = 0] = product.inputs;
  const { shape } = node(a);
  const width = shape.at(-1) ?? 1;
  return users(root(a)).find((sum) =>
    !isTaken(sum) && isColumnSum(outline, sum, width) &&
    sizeOf(node(sum).shape) === width &&
    users(sum).every((user) => user > id)
  );
}

/** The patterns of all products of transposed matrices with sums of their rows. */
export function biasPatterns(
  outline: Outline,
  isTaken: (id: NodeId) => boolean,
): readonly Pattern[] {
  const taken = new Set<NodeId>();
  return outline.graph.nodes.flatMap((node, id): readonly Pattern[] => {
    if (node.op !== "matmul" || node.shape.length !== 2) return [];
    const { transposeA } = node.attributes;
    const bias = transposeA
      ? biasOf(outline, node, id, (sum) => isTaken(sum) || taken.has(sum))
      : undefined;
    if (bias === undefined) return [];
    taken.add(bias);
    const width = sizeOf(outline.node(bias).shape);
    return [{
      trigger: id,
      covers: [bias, id],
      emit: (context) =>
        lowerMatmul(context, node, id, { id: bias, shape: [width] }),
    }];
  });
}
