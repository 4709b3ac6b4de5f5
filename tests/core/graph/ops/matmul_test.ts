import fc from "fast-check";
import { deepStrictEqual } from "node:assert/strict";
import { applyOp, checkEntries, entry } from "../apply_op.ts";
import { OP_USES, type OpUse, type Tensor } from "../arbitraries.ts";

const swapped = (index: readonly number[]): readonly number[] => [
  ...index.slice(0, -2),
  ...index.slice(-2).toReversed(),
];

/** Entry of `op(x)`. */
const entryOf = (x: Tensor, transposed: boolean, index: readonly number[]) =>
  entry(x, transposed ? swapped(index) : index);

/** `k`, the extent that is summed over. */
const inner = ({ attributes, inputs }: OpUse<"matmul">): number =>
  inputs[0]!.shape.at(attributes.transposeA ? -2 : -1) ?? 0;

Deno.test("matmul sums products over the inner extent, transposed or not", () => {
  fc.assert(fc.property(OP_USES.matmul, (use) => {
    const { attributes: { transposeA, transposeB }, inputs: [a, b] } = use;
    const found = applyOp("matmul", use);
    deepStrictEqual(found.shape.slice(0, -2), a!.shape.slice(0, -2));
    checkEntries(found, (index) => {
      const [lead, [row = 0, column = 0]] = [
        index.slice(0, -2),
        index.slice(-2),
      ];
      const products = Array.from(
        { length: inner(use) },
        (_, k) =>
          entryOf(a!, transposeA, [...lead, row, k]) *
          entryOf(b!, transposeB, [...lead, k, column]),
      );
      return products.reduce((sum, product) => sum + product, 0);
    });
  }));
});
