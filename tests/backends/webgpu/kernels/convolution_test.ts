/** Convolution and its gradients on the card's kernels against their meaning in float64. */
import { ok } from "node:assert/strict";
import {
  conv2dInputGradKernels,
  conv2dKernels,
  conv2dWeightGradKernels,
} from "../../../../backends/webgpu/kernels/convolution.ts";
import type {
  Operand,
  Target,
} from "../../../../backends/webgpu/wgsl/operand.ts";
import {
  tensorOperand,
  tensorTarget,
} from "../../../../backends/webgpu/wgsl/tensor.ts";
import { type Shape, sizeOf } from "../../../../core/mod.ts";
import { convolutionExtents } from "../../../../core/graph/convolution_extents.ts";
import { convolutionOps } from "../../../../core/graph/ops/convolution.ts";
import { deviceTest } from "../device_tests.ts";
import { testLowering } from "../run_calls.ts";
import {
  assertClose,
  fromPairs,
  numbers,
  raised,
  ranTwice,
  squared,
} from "./kernel_runs.ts";

/** A convolution of images `x` by kernels `w`. */
interface Case {
  readonly x: Shape;
  readonly w: Shape;
  readonly stride: number;
  readonly padding: number;
}

type Op = keyof typeof convolutionOps;

const GENERATORS = {
  conv2d: conv2dKernels,
  conv2dInputGrad: conv2dInputGradKernels,
  conv2dWeightGrad: conv2dWeightGradKernels,
};

const OPS = Object.keys(GENERATORS) as Op[];

/** Shapes of the two inputs of an op and of its result. */
function shapesOf(op: Op, given: Case): readonly [Shape, Shape, Shape] {
  const { batch, outputs, result } = convolutionExtents(
    ...[given, given.x, given.w] as const,
  )!;
  const dy = [batch, outputs, ...result];
  const { x, w } = given;
  return op === "conv2d"
    ? [x, w, dy]
    : op === "conv2dInputGrad"
    ? [dy, w, x]
    : [dy, x, w];
}

/** The op's meaning in float64. */
function meaning(
  op: Op,
  given: Case,
  inputs: readonly Float32Array[],
): Float64Array {
  const [a, b, shape] = shapesOf(op, given);
  const { stride, padding } = given;
  const attributes = {
    ...{ stride, padding },
    image: given.x.slice(2) as [number, number],
    kernel: given.w.slice(2) as [number, number],
  };
  const node = {
    ...{ op, attributes, shape, inputs: [0, 1] },
    dtype: "float32",
  } as const;
  const signatures = [a, b].map((shape) => ({
    ...{ shape, dtype: "float32" } as const,
  }));
  return convolutionOps[op].evaluate(
    node as never,
    inputs.map((input) => Float64Array.from(input)),
    signatures,
  ) as Float64Array;
}

interface Changes {
  readonly view?: (operand: Operand) => Operand;
  readonly fused?: (target: Target) => Target;
  readonly storage?: "bf16";
}

/** Results of the kernels, made twice. */
async function made(
  op: Op,
  given: Case,
  inputs: readonly Float32Array[],
  { view = (x) => x, fused = (x) => x, storage }: Changes = {},
): Promise<ArrayLike<number>> {
  const [a, b, shape] = shapesOf(op, given);
  const lowering = testLowering();
  const ids = [a, b].map((shape) => lowering.value(shape));
  const to = lowering.value(shape, "float32", storage);
  const [left, right] = ids.map((id) =>
    view(tensorOperand(lowering.values, id))
  );
  const target = fused(tensorTarget(lowering.values, to));
  GENERATORS[op](lowering, given, left!, right!, target);
  const data = ids.map((id, i) => [id, inputs[i]!] as const);
  const [result] = await ranTwice(lowering, data, [to]);
  return result!;
}

const inputsOf = (op: Op, given: Case): readonly Float32Array[] =>
  shapesOf(op, given).slice(0, 2).map((shape, i) =>
    numbers(sizeOf(shape), i + 1)
  );

const of = (x: Shape, w: Shape, stride = 1, padding = 0): Case => ({
  ...{ x, w, stride, padding },
});

const CASES: Readonly<Record<string, readonly Case[]>> = {
  "by 3×3": [
    of([2, 3, 7, 9], [5, 3, 3, 3], 1, 1),
    of([1, 17, 5, 5], [70, 17, 3, 3], 1, 1),
    of([2, 4, 8, 8], [4, 4, 3, 3], 1, 0),
    of([2, 5, 9, 8], [6, 5, 3, 3], 2, 1),
  ],
  "by 1×1": [
    of([2, 16, 8, 8], [64, 16, 1, 1]),
    of([3, 7, 5, 4], [9, 7, 1, 1]),
    of([2, 70, 3, 3], [5, 70, 1, 1]),
    of([2, 6, 7, 8], [10, 6, 1, 1], 2),
    of([1, 3, 4, 4], [2, 3, 1, 1], 1, 2),
  ],
  "by large kernels": [
    of([2, 3, 17, 16], [8, 3, 7, 7], 2, 3),
    of([1, 2, 9, 9], [3, 2, 5, 4], 3, 2),
    of([2, 3, 8, 8], [4, 3, 4, 4], 4),
    of([1, 1, 1, 1], [1, 1, 3, 3], 1, 1),
    of([1, 2, 2, 2], [3, 2, 3, 3], 5, 1),
  ],
  "in many positions": [of([4, 3, 20, 21], [4, 3, 3, 3], 1, 1)],
};

for (const op of OPS) {
  for (const [name, cases] of Object.entries(CASES)) {
    deviceTest(`${op} ${name}`, async () => {
      for (const given of cases) {
        const inputs = inputsOf(op, given);
        const what = `${op} ${JSON.stringify(given)}`;
        assertClose(
          await made(op, given, inputs),
          meaning(op, given, inputs),
          3e-6,
          what,
        );
      }
    });
  }
}

deviceTest(
  "operands computed on the way, results changed on the way",
  async () => {
    for (const op of OPS) {
      for (
        const given of [
          of([2, 3, 7, 9], [5, 3, 3, 3], 2, 1),
          of([2, 3, 8, 8], [5, 3, 1, 1]),
        ]
      ) {
        const inputs = inputsOf(op, given);
        const changes = { view: squared, fused: raised };
        assertClose(
          await made(op, given, inputs, changes),
          meaning(op, given, inputs.map((x) => x.map((v) => v * v)))
            .map((v) => v + 1),
          3e-6,
          `${op} changed`,
        );
      }
    }
  },
);

deviceTest("results in pairs of bfloat16", async () => {
  const cases = [
    of([2, 3, 8, 8], [5, 3, 3, 4], 1, 2),
    of([2, 3, 12, 12], [5, 3, 1, 4], 2, 1),
    of([2, 3, 8, 8], [5, 3, 1, 1]),
  ];
  for (const op of OPS) {
    const byFours = cases.filter((given) =>
      shapesOf(op, given)[2].at(-1)! % 4 === 0
    );
    ok(byFours.length > 0, op);
    for (const given of byFours) {
      const inputs = inputsOf(op, given);
      const pairs = await made(op, given, inputs, { storage: "bf16" });
      const got = fromPairs(pairs);
      assertClose(got, meaning(op, given, inputs), 1 / 256, `${op} in 16 bits`);
    }
  }
});
