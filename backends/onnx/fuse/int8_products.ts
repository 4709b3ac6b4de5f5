/**
 * Products with matrices that are known in 8-bit integers.
 *
 * @module
 */
import type { NodeId } from "../../../core/mod.ts";
import type { EngineNode, Peephole, Uses } from "./fused_graph.ts";
import type { Int8Matrix } from "./int8_matrix.ts";

/** The known matrix of a product `a·Wᵀ`, or `undefined`. */
function weightOf(
  node: EngineNode,
  uses: Uses,
  weights: ReadonlyMap<string, Int8Matrix>,
): Int8Matrix | undefined {
  if (node.op !== "matmul" && node.op !== "gemm") return undefined;
  const { transposeA, transposeB } = node.attributes;
  const weight = uses.node(node.inputs[1]);
  return !transposeA && transposeB && node.shape.length === 2 &&
      weight?.op === "input"
    ? weights.get(weight.attributes.name)
    : undefined;
}

/** Whether what is added is one number for each column. */
const isBias = (id: NodeId | undefined, { shape }: EngineNode, uses: Uses) =>
  id === undefined || uses.node(id)?.shape.join() === String(shape[1]);

/**
 * `a·Wᵀ + c` becomes a product in integers where `W` is a known matrix and `c`, if any,
 * a vector. Comes after the peephole that puts sums into products.
 *
 * @param weights The matrices by the names of the inputs that they stand for.
 */
export function int8Products(
  weights: ReadonlyMap<string, Int8Matrix>,
): Peephole {
  return (node, uses) => {
    const weight = weightOf(node, uses, weights);
    const [a = -1, , c] = node.inputs;
    if (weight === undefined || !isBias(c, node, uses)) return node;
    const { shape, dtype } = node;
    const inputs = c === undefined ? [a] : [a, c];
    return { op: "int8Gemm", attributes: { weight }, inputs, shape, dtype };
  };
}
