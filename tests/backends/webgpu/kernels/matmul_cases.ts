/** Products of matrices to run and to compare with float64 loops, and views for them. */
import { deepStrictEqual } from "node:assert/strict";
import { addUpKernel } from "../../../../backends/webgpu/kernels/columns.ts";
import {
  matmulKernels,
  type MatmulOptions,
} from "../../../../backends/webgpu/kernels/matmul/matmul.ts";
import type { MatmulSizes } from "../../../../backends/webgpu/kernels/matmul/matmul_variants.ts";
import type { Block } from "../../../../backends/webgpu/wgsl/block.ts";
import type {
  Operand,
  Target,
} from "../../../../backends/webgpu/wgsl/operand.ts";
import {
  indicesOf,
  type Position,
} from "../../../../backends/webgpu/wgsl/position.ts";
import {
  tensorOperand,
  tensorTarget,
} from "../../../../backends/webgpu/wgsl/tensor.ts";
import type { Shape } from "../../../../core/mod.ts";
import { runCalls, testDevice, testLowering } from "../run_calls.ts";
import { assertNear, fromPairs, numbers, toPairs } from "./kernel_runs.ts";

/** A product as it is tested. */
export interface Case {
  readonly sizes: MatmulSizes;
  readonly options?: Omit<MatmulOptions, "rowSums">;
  readonly hasSums?: boolean;
  readonly storage?: "f32" | "bf16";
  /** Also run it again: the bits must be the same. */
  readonly isRepeated?: boolean;
  /** What the kernel sees of the operands and the target. */
  readonly seenA?: (a: Operand) => Operand;
  readonly seenB?: (b: Operand) => Operand;
  readonly seenTarget?: (target: Target, bias: Operand) => Target;
  /** The same in float64. */
  readonly ofA?: (a: number) => number;
  readonly ofResult?: (result: number, bias: number) => number;
}

/** Extents from `[m, n, k]` and letters, T where an operand is transposed. */
export const sizesOf = (
  [m, n, k]: readonly [number, number, number],
  letters = "NN",
  rest: Partial<MatmulSizes> = {},
): MatmulSizes => ({
  ...{ batch: 1, m, n, k },
  transposeA: letters[0] === "T",
  transposeB: letters[1] === "T",
  ...rest,
});

const shapes = ({ batch, m, n, k, transposeA, transposeB }: MatmulSizes): {
  readonly a: Shape;
  readonly b: Shape;
} => ({
  a: transposeA ? [batch, k, m] : [batch, m, k],
  b: transposeB ? [batch, n, k] : [batch, k, n],
});

/** A product in float64, and sums of magnitudes that bound its errors. */
function exact(
  { sizes, ofA = (x) => x }: Case,
  a: ArrayLike<number>,
  b: ArrayLike<number>,
) {
  const { batch, m, n, k, transposeA, transposeB } = sizes;
  const left = (p: number, i: number, t: number) =>
    ofA(a[p * m * k + (transposeA ? t * m + i : i * k + t)]!);
  const right = (p: number, t: number, j: number) =>
    b[p * n * k + (transposeB ? j * k + t : t * n + j)]!;
  const results = new Float64Array(batch * m * n);
  const magnitudes = new Float64Array(batch * m * n);
  const sums = new Float64Array(m);
  for (let p = 0; p < batch; p++) {
    for (let i = 0; i < m; i++) {
      for (let t = 0; t < k; t++) {
        const x = left(p, i, t);
        sums[i]! += x;
        for (let j = 0; j < n; j++) {
          const o = (p * m + i) * n + j;
          const y = x * right(p, t, j);
          results[o]! += y;
          magnitudes[o]! += Math.abs(y);
        }
      }
    }
  }
  return { results, magnitudes, sums };
}

/** Adds a case's kernels to a lowering and gives what runs it. */
export function prepared(
  {
    sizes,
    options = {},
    hasSums = false,
    storage = "f32",
    seenA = (x) => x,
    seenB = (x) => x,
    seenTarget = (x) => x,
  }: Case,
) {
  const lowering = testLowering();
  const { batch, m, n } = sizes;
  const shape = shapes(sizes);
  const a = lowering.value(shape.a, "float32", storage);
  const b = lowering.value(shape.b, "float32", storage);
  const target = lowering.value([batch, m, n], "float32", storage);
  const bias = lowering.value([n]);
  const sums = lowering.value([m]);
  const { values } = lowering;
  matmulKernels(
    lowering,
    sizes,
    seenA(tensorOperand(values, a)),
    seenB(tensorOperand(values, b)),
    seenTarget(tensorTarget(values, target), tensorOperand(values, bias)),
    { ...options, ...hasSums ? { rowSums: tensorTarget(values, sums) } : {} },
  );
  const joins = lowering.partials.map((p) => addUpKernel(lowering, p));
  const calls = [...lowering.calls, ...joins];
  return { values, calls, ids: { a, b, bias, target, sums } };
}

/** Runs a case; the results must be near those in float64. Gives the names of its kernels. */
export async function check(
  test: Case,
): Promise<readonly string[]> {
  const { sizes, storage = "f32", hasSums, ofResult = (x) => x } = test;
  const { batch, m, n, k } = sizes;
  const { values, calls, ids } = prepared(test);
  const isHalf = storage === "bf16";
  const rounded = (x: Float32Array) => isHalf ? fromPairs(toPairs(x)) : x;
  const a = rounded(numbers(batch * m * k, 1));
  const b = rounded(numbers(batch * k * n, 2));
  const bias = numbers(n, 3);
  const given = new Map<number, ArrayLike<number>>([
    [ids.a, isHalf ? toPairs(a) : a],
    [ids.b, isHalf ? toPairs(b) : b],
    [ids.bias, bias],
  ]);
  const wanted = [ids.target, ...hasSums ? [ids.sums] : []];
  const device = await testDevice();
  const run = () => runCalls(device!, values, calls, given, wanted);
  const once = await run();
  if (test.isRepeated) deepStrictEqual(await run(), once);
  const names = calls.map(({ name }) => name);
  const where = names[0]!;
  const { results, magnitudes, sums } = exact(test, a, b);
  const got = isHalf ? fromPairs(once[0] as Uint32Array) : once[0]!;
  const expected = results.map((x, i) => ofResult(x, bias[i % n]!));
  assertNear(
    ...[got, expected] as const,
    (i) =>
      2e-6 * (1 + magnitudes[i]!) +
      (isHalf ? 2 ** -8 : 0) * Math.abs(expected[i]!),
    where,
  );
  if (hasSums) {
    assertNear(once[1]!, sums, () => 2e-6 * (1 + k), `sums of ${where}`);
  }
  return names;
}

/** Adds a number of each column, then keeps what is positive. */
export const biased = (target: Target, bias: Operand): Target => ({
  ...{ shape: target.shape, vector: target.vector, label: " + bias relu" },
  open: (writer) => {
    const [sink, source] = [target.open(writer), bias.open(writer)];
    const column = (block: Block, position: Position): Position => {
      const named = "at" in position
        ? position
        : { flat: block.let(position.flat) };
      return { at: [indicesOf(target.shape, named).at(-1)!] };
    };
    return {
      put: (block, position, value) => {
        const number = source.at(block, column(block, position));
        const result = block.let(`max(${value} + ${number}, 0.0)`);
        sink.put(block, position, result);
      },
      put4: (block, position, value) => {
        const numbers = source.at4(block, column(block, position));
        const result = block.let(`max(${value} + ${numbers}, vec4<f32>())`);
        sink.put4(block, position, result);
      },
    };
  },
});
