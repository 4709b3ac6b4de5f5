/** Values that are kept in bfloat16 where that is asked for: operands of matrix products and attention. */
import { type Node, type NodeId, sizeOf } from "../../../core/mod.ts";
import type { Compilation } from "./compilation.ts";
import { hasFours } from "./operands/views.ts";

/** Ops that pass on what matrix products read or gave; sums, norms, residuals and losses are none. */
const OPERANDS: ReadonlySet<Node["op"]> = new Set([
  "matmul",
  "transpose",
  "slice",
  "scale",
  "gelu",
  "geluGrad",
  "relu",
  "reluGrad",
]);

/** Fewer numbers are not worth their rounding. */
const MANY = 4_096;

/** Most sums of a value's gradient that read it beside a product: that of a bias. */
const isBiasSum = ({ op }: Node): boolean => op === "sumTo";

/** True if tensors lie side by side along the last axis, so that groups of four may belong to two. */
const isUneven = (node: Node): boolean =>
  node.op === "concat" && node.attributes.axis === node.shape.length - 1;

/**
 * True if a root's numbers may be rounded to bfloat16: products read them, and nothing
 * reads them that adds up many steps of rounding.
 */
export function isHalf(
  { outline: { node, users, outputs } }: Compilation,
  root: NodeId,
): boolean {
  const { shape, dtype } = node(root);
  const all = users(root).map(node);
  return dtype === "float32" && hasFours(shape) && sizeOf(shape) >= MANY &&
    outputs(root).length === 0 && all.length > 0 &&
    all.every((user) => OPERANDS.has(user.op) || isBiasSum(user)) &&
    all.some(({ op }) => OPERANDS.has(op)) && shape.length >= 2 &&
    !isUneven(node(root));
}
