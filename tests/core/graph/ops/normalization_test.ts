import fc from "fast-check";
import { deepStrictEqual, ok } from "node:assert/strict";
import { applyOp, checkEntries, entry } from "../apply_op.ts";
import { OP_USES, shape, type Tensor, tensor } from "../arbitraries.ts";

/** The row of a tensor `[..., D]` that holds an entry. */
const rowOf = (x: Tensor, index: readonly number[]): readonly number[] =>
  Array.from(
    { length: x.shape.at(-1) ?? 1 },
    (_, i) => entry(x, [...index.slice(0, -1), i]),
  );

const mean = (row: readonly number[]): number =>
  row.reduce((a, b) => a + b, 0) / row.length;

Deno.test("layerNorm is (x - mean)/√(biased variance + ε)·γ + β along the last axis", () => {
  fc.assert(fc.property(OP_USES.layerNorm, (use) => {
    const { attributes: { epsilon }, inputs: [x, gain, bias] } = use;
    checkEntries(applyOp("layerNorm", use), (index) => {
      const row = rowOf(x!, index);
      const variance = mean(row.map((v) => (v - mean(row)) ** 2));
      const standard = (entry(x!, index) - mean(row)) /
        Math.sqrt(variance + epsilon);
      const column = index.slice(-1);
      return standard * entry(gain!, column) + entry(bias!, column);
    });
  }));
});

Deno.test("l2Normalize gives every row length 1 and keeps its direction", () => {
  fc.assert(fc.property(shape(1).chain(tensor), (x) => {
    checkEntries(
      applyOp("l2Normalize", { attributes: {}, inputs: [x] }),
      (index) =>
        entry(x, index) / Math.max(Math.hypot(...rowOf(x, index)), 1e-12),
    );
  }));
});

Deno.test("l2Normalize leaves rows of zeros at 0 and does not blow up tiny ones", () => {
  const x: Tensor = {
    shape: [2, 2],
    dtype: "float32",
    values: Float64Array.of(0, 0, 3e-14, 4e-14),
  };
  const { values } = applyOp("l2Normalize", { attributes: {}, inputs: [x] });
  deepStrictEqual([...values.subarray(0, 2)], [0, 0]);
  ok(Math.abs(values[2]! - 0.03) < 1e-12);
  ok(Math.abs(values[3]! - 0.04) < 1e-12);
});
