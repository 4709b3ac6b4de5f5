import fc from "fast-check";
import { deepStrictEqual } from "node:assert/strict";
import { applyOp, checkEntries, entry } from "../apply_op.ts";
import { OP_USES } from "../arbitraries.ts";

const BINARY = {
  add: (a: number, b: number) => a + b,
  subtract: (a: number, b: number) => a - b,
  multiply: (a: number, b: number) => a * b,
} as const;

for (const op of ["add", "subtract", "multiply"] as const) {
  Deno.test(`${op} works entry by entry and broadcasts both inputs`, () => {
    fc.assert(fc.property(OP_USES[op], (use) => {
      const found = applyOp(op, use);
      const [a, b] = use.inputs;
      const rank = Math.max(a!.shape.length, b!.shape.length);
      deepStrictEqual(found.shape.length, rank);
      checkEntries(
        found,
        (index) => BINARY[op](entry(a!, index), entry(b!, index)),
      );
    }));
  });
}

Deno.test("scale multiplies by its factor", () => {
  fc.assert(fc.property(OP_USES.scale, (use) => {
    checkEntries(
      applyOp("scale", use),
      (index) => use.attributes.factor * entry(use.inputs[0]!, index),
    );
  }));
});

Deno.test("square multiplies by itself", () => {
  fc.assert(fc.property(OP_USES.square, (use) => {
    checkEntries(
      applyOp("square", use),
      (index) => entry(use.inputs[0]!, index) ** 2,
    );
  }));
});

Deno.test("mix weighs its inputs so that weights add up to 1", () => {
  fc.assert(fc.property(OP_USES.mix, ({ attributes, inputs }) => {
    const { weight } = attributes;
    checkEntries(
      applyOp("mix", { attributes, inputs }),
      (index) =>
        weight * entry(inputs[0]!, index) +
        (1 - weight) * entry(inputs[1]!, index),
    );
  }));
});

Deno.test("flush keeps normal numbers of float32 and makes zeros of those below, but not of NaN", () => {
  const least = 2 ** -126;
  const values = Float64Array.of(
    1,
    -2 * least,
    least,
    -least,
    least / 8,
    0,
    NaN,
  );
  const { values: found } = applyOp("flush", {
    attributes: {},
    inputs: [{ shape: [7], dtype: "float32", values }],
  });
  deepStrictEqual([...found], [1, -2 * least, 0, 0, 0, 0, NaN]);
});
