/** Fusions: products and sums that the engine computes in one operator. */
import type { NodeId, NodeOf, Shape } from "../../../core/mod.ts";
import type { EngineNode, FusedNodeOf, Peephole, Uses } from "./fused_graph.ts";
import type { Int8Matrix } from "./int8_matrix.ts";

/** True if `c` broadcasts to the rows and columns of a product. */
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
  attributes: { ...node.attributes, factor: node.attributes.factor * factor },
  inputs,
});

/** An operand without its factor, and the factor. */
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

/** True if the summand is one number for each column. */
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
