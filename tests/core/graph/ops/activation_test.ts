import fc from "fast-check";
import { ok } from "node:assert/strict";
import { between } from "../../../arbitraries.ts";
import { applyOp, checkEntries, entry } from "../apply_op.ts";
import { OP_USES, type Tensor } from "../arbitraries.ts";

const vector = (...values: readonly number[]): Tensor => ({
  shape: [values.length],
  dtype: "float32",
  values: Float64Array.from(values),
});

/** `x / 2 * (1 + math.erf(x / math.sqrt(2)))` of Python. */
const GELU = [
  [-3, -0.00404969409489031],
  [-1, -0.15865525393145707],
  [0, 0],
  [0.5, 0.34573123063700656],
  [1, 0.8413447460685429],
  [2, 1.9544997361036416],
] as const;

Deno.test("relu and reluGrad let pass what is above 0, and nothing at 0", () => {
  const x = vector(-2, -0, 0, 3);
  const relu = applyOp("relu", { attributes: {}, inputs: [x] });
  checkEntries(relu, ([i = -1]) => [0, 0, 0, 3][i]!);
  const dy = vector(5, 6, 7, 8);
  const grad = applyOp("reluGrad", { attributes: {}, inputs: [dy, x] });
  checkEntries(grad, ([i = -1]) => [0, 0, 0, 8][i]!);
});

Deno.test("gelu is the exact one: x·Φ(x)", () => {
  const found = applyOp("gelu", {
    attributes: {},
    inputs: [vector(...GELU.map(([x]) => x))],
  });
  checkEntries(found, ([i = -1]) => GELU[i]![1]);
});

Deno.test("gelu(x) - gelu(-x) is x", () => {
  fc.assert(fc.property(between(-50, 50), (x) => {
    const { values: [a = NaN, b = NaN] } = applyOp("gelu", {
      attributes: {},
      inputs: [vector(x, -x)],
    });
    ok(Math.abs(a - b - x) <= 1e-13 * Math.max(1, Math.abs(x)));
  }));
});

Deno.test("softmax is exp(x) over its sum along the last axis", () => {
  fc.assert(fc.property(OP_USES.softmax, (use) => {
    const [x] = use.inputs;
    const width = x!.shape.at(-1) ?? 1;
    checkEntries(applyOp("softmax", use), (index) => {
      const row = Array.from(
        { length: width },
        (_, i) => Math.exp(entry(x!, [...index.slice(0, -1), i])),
      );
      return row[index.at(-1)!]! / row.reduce((a, b) => a + b, 0);
    });
  }));
});

Deno.test("logSoftmax is the logarithm of softmax, also where softmax is 0", () => {
  fc.assert(fc.property(OP_USES.softmax, (use) => {
    const softmax = applyOp("softmax", use);
    checkEntries(
      applyOp("logSoftmax", use),
      (index) => Math.log(entry(softmax, index)),
    );
  }));
  const far = applyOp("logSoftmax", {
    attributes: {},
    inputs: [vector(1000, 0, -1000)],
  });
  checkEntries(far, ([i = 0]) => -1000 * i);
});

Deno.test("softmax does not overflow and ignores an offset", () => {
  const soften = (x: Tensor) =>
    applyOp("softmax", { attributes: {}, inputs: [x] });
  const plain = soften(vector(1, 2, 4));
  for (const offset of [-2000, 2000]) {
    checkEntries(
      soften(vector(1 + offset, 2 + offset, 4 + offset)),
      (index) => entry(plain, index),
    );
  }
});
