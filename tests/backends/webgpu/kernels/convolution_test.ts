/** Convolution and its gradients on the card's kernels against their meaning in float64. */
import { deepStrictEqual, ok } from "node:assert/strict";
import { addUpKernel } from "../../../../backends/webgpu/kernels/columns.ts";
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
import { runCalls, testDevice, testLowering } from "../run_calls.ts";

const device = await testDevice();
const onDevice = {
  ignore: device === null,
  sanitizeOps: false,
  sanitizeResources: false,
};

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

const numbers = (shape: Shape, seed: number): Float32Array =>
  Float32Array.from(
    { length: sizeOf(shape) },
    (_, i) => Math.sin(12.9898 * (i + 1) + 78.233 * seed),
  );

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
  const sums = lowering.partials.map((p) => addUpKernel(lowering, p));
  const run = async () =>
    (await runCalls(
      ...[device!, lowering.values, [...lowering.calls, ...sums]] as const,
      new Map(ids.map((id, i) => [id, inputs[i]!])),
      [to],
    ))[0]!;
  const [once, again] = [await run(), await run()];
  deepStrictEqual(once, again);
  return once;
}

const inputsOf = (op: Op, given: Case): readonly Float32Array[] =>
  shapesOf(op, given).slice(0, 2).map((shape, i) => numbers(shape, i + 1));

function close(
  got: ArrayLike<number>,
  wanted: Float64Array,
  what: string,
  tolerance = 3e-6,
): void {
  deepStrictEqual(got.length, wanted.length);
  const largest = wanted.reduce((a, b) => Math.max(a, Math.abs(b)), 1);
  wanted.forEach((value, i) =>
    ok(
      Math.abs(got[i]! - value) <= tolerance * largest,
      `${what} at ${i}: ${got[i]}, not ${value}`,
    )
  );
}

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
    Deno.test({
      ...onDevice,
      name: `${op} ${name}`,
      fn: async () => {
        for (const given of cases) {
          const inputs = inputsOf(op, given);
          const what = `${op} ${JSON.stringify(given)}`;
          close(
            await made(op, given, inputs),
            meaning(op, given, inputs),
            what,
          );
        }
      },
    });
  }
}

/** An operand that is squared on the way. */
const squared = (operand: Operand): Operand => ({
  ...operand,
  open: (writer) => {
    const source = operand.open(writer);
    return {
      at: (block, position) => {
        const value = block.let(source.at(block, position));
        return block.let(`${value} * ${value}`);
      },
      at4: (block, position) => {
        const value = block.let(source.at4(block, position));
        return block.let(`${value} * ${value}`);
      },
    };
  },
});

/** A target that is raised by 1 on the way. */
const raised = (target: Target): Target => ({
  ...target,
  open: (writer) => {
    const sink = target.open(writer);
    return {
      put: (block, position, value) =>
        sink.put(block, position, `(${value}) + 1.0`),
      put4: (block, position, value) =>
        sink.put4(block, position, `(${value}) + 1.0`),
    };
  },
});

Deno.test({
  ...onDevice,
  name: "operands computed on the way, results changed on the way",
  fn: async () => {
    for (const op of OPS) {
      for (
        const given of [
          of([2, 3, 7, 9], [5, 3, 3, 3], 2, 1),
          of([2, 3, 8, 8], [5, 3, 1, 1]),
        ]
      ) {
        const inputs = inputsOf(op, given);
        const changes = { view: squared, fused: raised };
        close(
          await made(op, given, inputs, changes),
          meaning(op, given, inputs.map((x) => x.map((v) => v * v)))
            .map((v) => v + 1),
          `${op} changed`,
        );
      }
    }
  },
});

Deno.test({
  ...onDevice,
  name: "results in pairs of bfloat16",
  fn: async () => {
    const cases = [
      of([2, 3, 8, 8], [5, 3, 3, 4], 1, 2),
      of([2, 3, 12, 12], [5, 3, 1, 4], 2, 1),
      of([2, 3, 8, 8], [5, 3, 1, 1]),
    ];
    for (const op of OPS) {
      for (const given of cases) {
        if (shapesOf(op, given)[2].at(-1)! % 4 !== 0) continue;
        const inputs = inputsOf(op, given);
        const pairs = await made(op, given, inputs, { storage: "bf16" });
        const got = Array.from(pairs).flatMap((pair) => [
          new Float32Array(Uint32Array.of(pair << 16).buffer)[0]!,
          new Float32Array(Uint32Array.of(pair & 0xffff0000).buffer)[0]!,
        ]);
        close(got, meaning(op, given, inputs), `${op} in 16 bits`, 1 / 256);
      }
    }
  },
});
