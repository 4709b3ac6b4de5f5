/** Attention and its gradient against float64 loops. */
import { deepStrictEqual, ok } from "node:assert/strict";
import { attentionKernels } from "../../../../backends/webgpu/kernels/attention/attention.ts";
import { attentionGradKernels } from "../../../../backends/webgpu/kernels/attention/attention_grad.ts";
import {
  type AttentionSizes,
  tilingOf,
} from "../../../../backends/webgpu/kernels/attention/attention_tiles.ts";
import {
  tensorOperand,
  tensorTarget,
} from "../../../../backends/webgpu/wgsl/tensor.ts";
import { sizeOf } from "../../../../core/mod.ts";
import {
  apart,
  type Given,
  type LayoutOf,
  type Numbers,
  shapeOf,
  together,
} from "./attention_layouts.ts";
import { deviceTest } from "../device_tests.ts";
import { LEAST_LIMITS, testLowering } from "../run_calls.ts";
import { assertClose, ranTwice } from "./kernel_runs.ts";

/** Numbers around 0, the same in every run. */
const numbers = (size: number, seed: number): Float32Array =>
  Float32Array.from({ length: size }, (_, i) => {
    const x = Math.sin(12.9898 * (i + 1) + 78.233 * seed) * 43758.5453;
    return (x - Math.floor(x) - 0.5) * 2;
  });

const givenOf = (sizes: AttentionSizes): Given => {
  const size = sizeOf(shapeOf(sizes));
  return {
    q: numbers(size, 1),
    k: numbers(size, 2),
    v: numbers(size, 3),
    gradient: numbers(size, 4),
  };
};

const NAMES = ["output", "logSum", "q", "k", "v"] as const;

/** Results and gradients. */
type Results = Readonly<Record<typeof NAMES[number], Numbers>>;

const dot = (a: Numbers, i: number, b: Numbers, j: number, width: number) => {
  let total = 0;
  for (let c = 0; c < width; c++) total += a[i + c]! * b[j + c]!;
  return total;
};

/** Attention and its gradient in float64, straight from the matrix of weights. */
function meaning(sizes: AttentionSizes, given: Given): Results {
  const { batch, heads, tokens, width, scale } = sizes;
  const size = sizeOf(shapeOf(sizes));
  const { q, k, v, gradient } = given;
  const [output, dQ, dK, dV] = [0, 1, 2, 3].map(() =>
    new Float64Array(size)
  ) as [Float64Array, Float64Array, Float64Array, Float64Array];
  const logSum = new Float64Array(size / width);
  const tokenList = Array.from({ length: tokens }, (_, t) => t);
  for (let row = 0; row < batch * heads * tokens; row++) {
    const at = row * width;
    const first = Math.floor(row / tokens) * tokens * width;
    const keys = tokenList.map((t) => first + t * width);
    const scores = keys.map((key) => scale * dot(q, at, k, key, width));
    const most = Math.max(...scores);
    const sum = scores.reduce((all, s) => all + Math.exp(s - most), 0);
    logSum[row] = most + Math.log(sum);
    const weights = scores.map((s) => Math.exp(s - most) / sum);
    const weightGrads = keys.map((key) => dot(gradient, at, v, key, width));
    const mean = weights.reduce((all, w, t) => all + w * weightGrads[t]!, 0);
    keys.forEach((key, t) => {
      const weight = weights[t]!;
      const scoreGrad = scale * weight * (weightGrads[t]! - mean);
      for (let c = 0; c < width; c++) {
        output[at + c]! += weight * v[key + c]!;
        dQ[at + c]! += scoreGrad * k[key + c]!;
        dK[key + c]! += scoreGrad * q[at + c]!;
        dV[key + c]! += weight * gradient[at + c]!;
      }
    });
  }
  return { output, logSum, q: dQ, k: dK, v: dV };
}

/** Attention, then its gradient, on the device. */
async function onCard(
  sizes: AttentionSizes,
  given: Given,
  layoutOf: LayoutOf,
  limits = LEAST_LIMITS,
): Promise<Results> {
  const lowering = testLowering(limits);
  const layout = layoutOf(lowering, sizes, given);
  const shape = shapeOf(sizes);
  const [output, gradient] = [lowering.value(shape), lowering.value(shape)];
  const logSum = lowering.value(shape.slice(0, 3));
  const { values } = lowering;
  attentionKernels(lowering, sizes, layout.operands, {
    output: tensorTarget(values, output),
    logSum: tensorTarget(values, logSum),
  });
  attentionGradKernels(lowering, sizes, {
    ...layout.operands,
    output: tensorOperand(values, output),
    logSum: tensorOperand(values, logSum),
    gradient: tensorOperand(values, gradient),
  }, layout.targets);
  lowering.calls.forEach((call) =>
    ok(call._tag === "Kernel" && call.bindings.length <= limits.buffers)
  );
  const [outputRead, logSumRead, ...read] = await ranTwice(
    lowering,
    [...layout.values, [gradient, given.gradient]],
    [output, logSum, ...layout.wanted],
  );
  const [q, k, v] = layout.gradients(read);
  return { output: outputRead!, logSum: logSumRead!, q: q!, k: k!, v: v! };
}

/** Same numbers, up to a part of the largest of each tensor, or of 1. */
function assertNear(actual: Results, expected: Results, part: number): void {
  NAMES.forEach((name) => {
    assertClose(actual[name], expected[name], part, name);
  });
}

const sizesOf = (
  [batch, heads, tokens, width]: readonly [number, number, number, number],
): AttentionSizes => ({
  ...{ batch, heads, tokens, width },
  scale: 1 / Math.sqrt(width),
});

const CASES: readonly (readonly [number, number, number, number])[] = [
  [1, 1, 1, 4],
  [2, 3, 1, 7],
  [2, 3, 5, 4],
  [1, 3, 5, 7],
  [2, 1, 5, 64],
  [1, 3, 50, 32],
  [2, 1, 50, 7],
  [1, 1, 50, 64],
  [1, 3, 70, 4],
  [2, 1, 70, 32],
  [1, 1, 70, 64],
  [1, 1, 70, 7],
];

CASES.forEach((extents) => {
  const sizes = sizesOf(extents);
  [apart, together].forEach((layout) =>
    deviceTest(
      `attention ${extents.join("×")}, operands ${layout.name}`,
      async () => {
        const given = givenOf(sizes);
        assertNear(
          await onCard(sizes, given, layout),
          meaning(sizes, given),
          4e-6,
        );
      },
    )
  );
});

deviceTest("attention over many tokens and wide heads", async () => {
  for (
    const extents of [
      ...[[1, 1, 197, 8], [1, 1, 1025, 7], [1, 1, 9, 128]] as const,
    ]
  ) {
    const sizes = sizesOf(extents);
    const given = givenOf(sizes);
    const actual = await onCard(sizes, given, together);
    assertNear(actual, meaning(sizes, given), 4e-6);
  }
});

deviceTest("attention gives the same bits twice", async () => {
  const sizes = sizesOf([2, 3, 70, 8]);
  const given = givenOf(sizes);
  const first = await onCard(sizes, given, apart);
  deepStrictEqual(await onCard(sizes, given, apart), first);
});

/** Whether an exponent's bits are not all 1. */
const isFiniteNumber = (x: number): boolean =>
  (new Uint32Array(Float32Array.of(x).buffer)[0]! & 0x7f800000) !== 0x7f800000;

deviceTest("attention of large scores is finite", async () => {
  const sizes = { ...sizesOf([1, 3, 50, 8]), scale: 1 };
  const plain = givenOf(sizes);
  const signs = plain.q.map((x) => Math.sign(x) * Math.sqrt(10));
  const equal = signs.map(() => Math.sqrt(10));
  const row = (i: number) => Math.floor(i / 8);
  const cases: readonly (readonly [Float32Array, Float32Array])[] = [
    // Every other key is the query of its position, the rest are opposites.
    [signs, signs.map((x, i) => row(i) % 2 === 0 ? x : -x)],
    // All scores of a query are -80, then they are 80 in the second half.
    [equal, equal.map((x) => -x)],
    [equal, equal.map((x, i) => row(i) % 50 < 25 ? -x : x)],
  ];
  for (const [q, k] of cases) {
    const given = { ...plain, q, k };
    const actual = await onCard(sizes, given, apart);
    NAMES.forEach((name) =>
      ok(Array.from(actual[name]).every(isFiniteNumber), name)
    );
    assertNear(actual, meaning(sizes, given), 2e-5);
  }
});

Deno.test("tiles of attention fit in workgroup memory, and loops end", () => {
  for (const workgroupBytes of [16_384, 32_768, 232_448]) {
    for (const tokens of [1, 2, 3, 5, 50, 64, 65, 197, 1025]) {
      for (const width of [4, 7, 8, 32, 64, 80, 128]) {
        const sizes = sizesOf([2, 3, tokens, width]);
        const limits = { ...LEAST_LIMITS, workgroupBytes };
        [1, 4].forEach((wanted) => {
          const tiling = tilingOf(limits, sizes, wanted);
          const { slots, tile, chunk, groups, lanes, rowTiles } = tiling;
          ok(slots * tile * (32 * groups + 8) <= workgroupBytes);
          ok(tile % chunk === 0);
          ok(slots === 1 || slots * tokens <= lanes);
          ok(rowTiles * lanes >= tokens);
          const fills = Math.ceil(slots * tile * groups / lanes) + 1;
          ok(Math.ceil(tokens / tile) * (fills + tile) < 60_000);
        });
      }
    }
  }
});
