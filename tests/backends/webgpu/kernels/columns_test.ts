/** Sums over axes against float64 loops. */
import { deepStrictEqual, ok } from "node:assert/strict";
import { sumKernels } from "../../../../backends/webgpu/kernels/columns.ts";
import { squaresKernels } from "../../../../backends/webgpu/kernels/squares.ts";
import type {
  Operand,
  Target,
} from "../../../../backends/webgpu/wgsl/operand.ts";
import {
  tensorOperand,
  tensorTarget,
} from "../../../../backends/webgpu/wgsl/tensor.ts";
import { type Shape, sizeOf } from "../../../../core/mod.ts";
import { broadcastIndex } from "../../../../core/graph/shape.ts";
import { deviceTest } from "../device_tests.ts";
import { type TestLowering, testLowering } from "../run_calls.ts";
import { assertNear, fromPairs, numbers, ranTwice } from "./kernel_runs.ts";

/** Runs what a generator adds, and all sums that wait; twice, for the same bits. */
async function result(
  from: Shape,
  to: Shape,
  values: ArrayLike<number>,
  generate: (lowering: TestLowering, source: Operand, target: Target) => void,
): Promise<ArrayLike<number>> {
  const lowering = testLowering();
  const [source, target] = [lowering.value(from), lowering.value(to)];
  generate(
    lowering,
    tensorOperand(lowering.values, source),
    tensorTarget(lowering.values, target),
  );
  const [sums] = await ranTwice(lowering, [[source, values]], [target]);
  return sums!;
}

/** Sums in float64, and the sums of magnitudes that bound their errors. */
function sumsOf(
  from: Shape,
  to: Shape,
  values: ArrayLike<number>,
): { sums: Float64Array; sizes: Float64Array } {
  const [sums, sizes] = [sizeOf(to), sizeOf(to)].map((n) =>
    new Float64Array(n)
  ) as [Float64Array, Float64Array];
  broadcastIndex(to, from).forEach((o, i) => {
    sums[o]! += values[i]!;
    sizes[o]! += Math.abs(values[i]!);
  });
  return { sums, sizes };
}

async function checkSum(from: Shape, to: Shape): Promise<void> {
  const values = numbers(sizeOf(from));
  const got = await result(from, to, values, sumKernels);
  const { sums, sizes } = sumsOf(from, to, values);
  const what = `[${from}] to [${to}]`;
  assertNear(got, sums, (i) => 2e-6 * sizes[i]! + 1e-12, what);
}

const CASES: Readonly<Record<string, readonly (readonly [Shape, Shape])[]>> = {
  "of columns": [
    [[5, 7], [7]],
    [[1, 1], [1]],
    [[3, 50, 64], [64]],
    [[3, 50, 64], [1, 50, 64]],
    [[2, 19, 768], [768]],
    [[4000, 12], [12]],
    [[20_000, 3], [1, 3]],
    [[3, 300, 5], [3, 1, 5]],
  ],
  "of rows": [
    [[5, 7], [5, 1]],
    [[3, 50, 64], [3, 50, 1]],
    [[300, 12], [300, 1]],
    [[2, 5000], [2, 1]],
    [[3, 4, 101], [3, 1, 1]],
    [[1, 40, 9], [1, 40, 1]],
  ],
  "of everything": [
    [[], []],
    [[1], []],
    [[5, 7], []],
    [[3, 50, 64], [1, 1, 1]],
    [[31, 1009], [1]],
  ],
  "over axes between": [
    [[2, 3, 2, 3, 2, 5], [2, 3, 1, 3, 1, 5]],
    [[2, 3, 2, 3, 2, 5], [1, 3, 1, 3, 1, 1]],
    [[2, 3, 2, 3, 2, 5], [2, 1, 2, 1, 2, 1]],
    [[2, 3, 2, 3, 2, 8], [3, 1, 3, 1, 8]],
    [[7, 1, 4, 1, 8], [1, 1, 4, 1, 1]],
    [[3, 1, 5], [3, 1, 5]],
  ],
};

for (const [name, cases] of Object.entries(CASES)) {
  deviceTest(`sums ${name}`, async () => {
    for (const [from, to] of cases) await checkSum(from, to);
  });
}

deviceTest("two million ones are two million", async () => {
  for (const count of [2_000_000, 2_000_003]) {
    const ones = new Float32Array(count).fill(1);
    const total = await result([count], [], ones, sumKernels);
    deepStrictEqual(Array.from(total), [count]);
  }
  const ones = new Float32Array(2_000_000).fill(1);
  const sums = await result([1_000_000, 2], [2], ones, sumKernels);
  deepStrictEqual(Array.from(sums), [1_000_000, 1_000_000]);
});

deviceTest("sums of squares of any shape", async () => {
  for (const shape of [[], [1], [7], [3, 5, 64], [1001, 33], [40, 1000]]) {
    const values = numbers(sizeOf(shape));
    const lowering = testLowering();
    const [source, target] = [lowering.value(shape), lowering.value([1])];
    squaresKernels(lowering, [source], target);
    const [sums] = await ranTwice(lowering, [[source, values]], [target]);
    const [got] = Array.from(sums!);
    const wanted = values.reduce((sum, v) => sum + v * v, 0);
    ok(Math.abs(got! - wanted) <= 2e-6 * wanted, `${shape}: ${got}`);
  }
});

deviceTest("planes are added up", async () => {
  for (
    const [count, shape] of [[3, [5, 7]], [100, [12]], [513, [1]]] as const
  ) {
    const from = [count, ...shape];
    const values = numbers(sizeOf(from), 3);
    const lowering = testLowering();
    const [planes, id] = [lowering.value(from), lowering.value(shape)];
    const target = tensorTarget(lowering.values, id);
    lowering.addUp({ planes, count, target });
    const [got] = await ranTwice(lowering, [[planes, values]], [id]);
    const { sums, sizes } = sumsOf(from, shape, values);
    assertNear(
      ...[got!, sums] as const,
      (i) => 1e-6 * sizes[i]! + 1e-12,
      `${count} planes`,
    );
  }
});

deviceTest("sums written as pairs of bfloat16", async () => {
  for (const [from, to] of [[[6, 8], [8]], [[8, 6], [8, 1]]] as const) {
    const lowering = testLowering();
    const source = lowering.value(from);
    const id = lowering.value([8], "float32", "bf16");
    const values = numbers(48);
    sumKernels(lowering, tensorOperand(lowering.values, source), {
      ...tensorTarget(lowering.values, id),
      shape: to,
    });
    const [pairs] = await ranTwice(lowering, [[source, values]], [id]);
    const { sums } = sumsOf(from, to, values);
    const got = fromPairs(pairs!);
    const bound = (i: number) => Math.abs(sums[i]!) / 256 + 1e-6;
    assertNear(got, sums, bound, `[${from}] to [${to}]`);
  }
});
