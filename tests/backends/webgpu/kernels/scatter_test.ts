/** Rows added at their indices against plain sums. */
import { deepStrictEqual, throws } from "node:assert/strict";
import { scatterKernels } from "../../../../backends/webgpu/kernels/scatter.ts";
import type {
  Operand,
  Target,
} from "../../../../backends/webgpu/wgsl/operand.ts";
import {
  tensorOperand,
  tensorTarget,
} from "../../../../backends/webgpu/wgsl/tensor.ts";
import { type Shape, sizeOf } from "../../../../core/mod.ts";
import { deviceTest } from "../device_tests.ts";
import { testLowering } from "../run_calls.ts";
import {
  assertNear,
  fromPairs,
  numbers,
  raised,
  ranTwice,
  single,
  squared,
} from "./kernel_runs.ts";

interface Case {
  readonly batch: number;
  readonly picks: number;
  readonly rows: number;
  readonly tail: Shape;
}

/** Indices with many repetitions. */
const indices = ({ batch, picks, rows }: Case): Int32Array =>
  Int32Array.from(
    { length: batch * picks },
    (_, i) => Math.floor(rows * (0.5 + 0.4999 * Math.sin(78.233 * i))),
  );

/** Sums in float32, in the order of the indices. */
function meaning(given: Case, y: Float32Array): Float32Array {
  const { batch, picks, rows, tail } = given;
  const width = sizeOf(tail);
  const out = new Float32Array(batch * rows * width);
  indices(given).forEach((row, pick) => {
    const to = (Math.floor(pick / picks) * rows + row) * width;
    for (let d = 0; d < width; d++) out[to + d]! += y[pick * width + d]!;
  });
  return out;
}

async function scattered(
  shape: Case,
  y: Float32Array,
  view: (operand: Operand) => Operand = (operand) => operand,
  fused: (target: Target) => Target = (target) => target,
  storage?: "bf16",
): Promise<ArrayLike<number>> {
  const { batch, picks, rows, tail } = shape;
  const lowering = testLowering();
  const from = lowering.value([batch, picks, ...tail]);
  const index = lowering.value([batch, picks], "int32");
  const to = lowering.value([batch, rows, ...tail], "float32", storage);
  scatterKernels(
    lowering,
    view(tensorOperand(lowering.values, from)),
    tensorOperand(lowering.values, index),
    fused(tensorTarget(lowering.values, to)),
  );
  const given = [[from, y], [index, indices(shape)]] as const;
  const [sums] = await ranTwice(lowering, given, [to]);
  return sums!;
}

const of = (
  [batch, picks, rows]: readonly [number, number, number],
  tail: Shape,
): Case => ({ batch, picks, rows, tail });

const CASES: Readonly<Record<string, readonly Case[]>> = {
  "by ones": [
    of([2, 5, 7], [3]),
    of([3, 49, 196], [5]),
    of([1, 1, 1], [1]),
    of([2, 9, 4], [3, 7]),
  ],
  "by fours": [
    of([2, 49, 196], [64]),
    of([3, 5, 3], [2, 4]),
    of([1, 3, 70], [12]),
  ],
  "of single numbers": [of([2, 9, 12], []), of([2, 8, 4], [])],
  "of many indices": [
    of([2, 1024, 33], [4]),
    of([2, 1023, 50], [3]),
    of([1, 2500, 20], [8]),
  ],
};

for (const [name, cases] of Object.entries(CASES)) {
  deviceTest(
    `rows scattered ${name} have the bits of sums in order`,
    async () => {
      for (const given of cases) {
        const y = numbers(given.batch * given.picks * sizeOf(given.tail));
        deepStrictEqual(await scattered(given, y), meaning(given, y));
      }
    },
  );
}

deviceTest("rows computed on the way, sums changed on the way", async () => {
  const given = of([2, 9, 14], [8]);
  const y = numbers(2 * 9 * 8);
  const wanted = meaning(given, y.map((v) => v * v));
  const view = (x: Operand) => single(squared(x));
  const got = await scattered(given, y, view, raised);
  assertNear(got, wanted.map((v) => v + 1), () => 1e-6, "changed sums");
});

deviceTest("rows scattered to pairs of bfloat16", async () => {
  const given = of([2, 9, 14], [4]);
  const y = numbers(2 * 9 * 4);
  const pairs = await scattered(given, y, undefined, undefined, "bf16");
  const got = fromPairs(pairs);
  const wanted = meaning(given, y);
  assertNear(got, wanted, (i) => Math.abs(wanted[i]!) / 256, "in 16 bits");
});

Deno.test("scattered single numbers are not written in 16 bits", () => {
  const lowering = testLowering();
  const [y, to] = [[2, 8], [2, 4]].map((shape) =>
    lowering.value(shape, "float32", "bf16")
  );
  const index = lowering.value([2, 8], "int32");
  throws(
    () =>
      scatterKernels(
        lowering,
        tensorOperand(lowering.values, y!),
        tensorOperand(lowering.values, index),
        tensorTarget(lowering.values, to!),
      ),
    /32 bits/,
  );
});
