/** Kernels on rows against the float64 meaning of their ops. */
import { deepStrictEqual } from "node:assert/strict";
import { layerNormGradKernels } from "../../../../backends/webgpu/kernels/layer_norm_grad.ts";
import {
  L2_NORMALIZE,
  layerNorm,
  LOG_SOFTMAX,
  SOFTMAX,
  SOFTMAX_GRAD,
} from "../../../../backends/webgpu/kernels/row_formulas.ts";
import {
  type RowFormula,
  rowKernel,
} from "../../../../backends/webgpu/kernels/rows.ts";
import {
  tensorOperand,
  tensorTarget,
} from "../../../../backends/webgpu/wgsl/tensor.ts";
import {
  type GraphBuilder,
  interpretGraph,
  type NodeId,
  type OpName,
  type Shape,
  sizeOf,
  traceGraph,
} from "../../../../core/mod.ts";
import { deviceTest } from "../device_tests.ts";
import { testLowering } from "../run_calls.ts";
import { assertClose, numbers, ranTwice } from "./kernel_runs.ts";

const EPSILON = 1e-6;

/** Numbers of both signs around a mean that is not 0, the same in every run. */
const aside = (shape: Shape, seed: number): Float32Array =>
  numbers(sizeOf(shape), seed).map((x) => 1.7 * x + 0.4);

/** The meaning of one op. */
function meaning(
  op: OpName,
  attributes: object,
  inputs: readonly { shape: Shape; values: Float32Array }[],
): Float64Array {
  const traced = traceGraph((g: GraphBuilder) => ({
    y: g.apply(
      op as "softmax",
      attributes,
      inputs.map(({ shape }, i): NodeId => g.input(`x${i}`, shape)),
    ),
  }));
  if (traced._tag === "Left") throw new Error(JSON.stringify(traced.left));
  const given = inputs.map(({ values }, i) =>
    [`x${i}`, Float64Array.from(values)] as const
  );
  return Float64Array.from(
    interpretGraph(traced.right, Object.fromEntries(given))["y"]!,
  );
}

const close = (got: ArrayLike<number>, wanted: ArrayLike<number>): void =>
  assertClose(got, wanted, 3e-6, `${wanted.length} numbers`);

/** Runs a formula on inputs of shapes; twice, for the same bits. */
async function runRows(
  formula: RowFormula,
  inputs: readonly { shape: Shape; values: Float32Array }[],
): Promise<ArrayLike<number>> {
  const lowering = testLowering();
  const ids = inputs.map(({ shape }) => lowering.value(shape));
  const result = lowering.value(inputs[0]!.shape);
  const operands = ids.map((id) => tensorOperand(lowering.values, id));
  rowKernel(
    ...[lowering, formula, operands] as const,
    tensorTarget(lowering.values, result),
  );
  const given = ids.map((id, i) => [id, inputs[i]!.values] as const);
  const [rows] = await ranTwice(lowering, given, [result]);
  return rows!;
}

const SHAPES: readonly Shape[] = [
  [1, 1],
  [5, 7],
  [70, 12],
  [3, 5, 64],
  [2, 9, 50],
  [2, 7, 768],
  [3, 77],
  [2, 1030],
  [1, 5000],
];

const of = (shape: Shape, seed: number) => ({
  shape,
  values: aside(shape, seed),
});

const UNARY = [
  ["softmax", SOFTMAX],
  ["logSoftmax", LOG_SOFTMAX],
  ["l2Normalize", L2_NORMALIZE],
] as const;

for (const [op, formula] of UNARY) {
  deviceTest(`${op} of rows narrow and wide`, async () => {
    for (const shape of SHAPES) {
      const x = of(shape, 1);
      close(await runRows(formula, [x]), meaning(op, {}, [x]));
    }
  });
}

deviceTest("softmax of large numbers stays finite", async () => {
  for (const shape of [[3, 5], [2, 64]]) {
    const values = aside(shape, 2).map((v) => 1e4 * v);
    const x = { shape, values };
    close(await runRows(SOFTMAX, [x]), meaning("softmax", {}, [x]));
  }
});

deviceTest("the gradient of softmax", async () => {
  for (const shape of SHAPES) {
    const [dy, x] = [of(shape, 3), of(shape, 4)];
    const y = {
      shape,
      values: Float32Array.from(meaning("softmax", {}, [x])),
    };
    const got = await runRows(SOFTMAX_GRAD, [dy, y]);
    close(got, meaning("softmaxGrad", {}, [dy, y]));
  }
});

deviceTest("layer normalisation, also around a far mean", async () => {
  for (const shape of SHAPES) {
    const width = shape.at(-1)!;
    if (width === 1) continue;
    const x = of(shape, 5);
    const [gain, bias] = [of([width], 6), of([width], 7)];
    for (const shift of [0, 64]) {
      const moved = { shape, values: x.values.map((v) => v + shift) };
      const wanted = meaning("layerNorm", { epsilon: EPSILON }, [
        ...[moved, gain, bias],
      ]);
      const got = await runRows(layerNorm(EPSILON), [moved, gain, bias]);
      assertClose(got, wanted, shift === 0 ? 3e-6 : 1e-4, `[${shape}]`);
    }
  }
});

/** Runs the gradients that are wanted; `null` for the others. */
async function runGradients(
  shape: Shape,
  [dy, x, gain]: readonly Float32Array[],
  wanted: { dx: boolean; gain: boolean; bias: boolean },
): Promise<readonly (ArrayLike<number> | null)[]> {
  const lowering = testLowering();
  const width = shape.at(-1)!;
  const inputs = [shape, shape, [width]].map((s) => lowering.value(s));
  const results = [shape, [width], [width]].map((s) => lowering.value(s));
  const operand = (id: number) => tensorOperand(lowering.values, id);
  const target = (id: number) => tensorTarget(lowering.values, id);
  layerNormGradKernels(
    ...[lowering, EPSILON] as const,
    {
      dy: operand(inputs[0]!),
      x: operand(inputs[1]!),
      gain: operand(inputs[2]!),
    },
    {
      ...(wanted.dx ? { dx: target(results[0]!) } : {}),
      ...(wanted.gain ? { gain: target(results[1]!) } : {}),
      ...(wanted.bias ? { bias: target(results[2]!) } : {}),
    },
  );
  const given = inputs.map((id, i) => [id, [dy!, x!, gain!][i]!] as const);
  const once = await ranTwice(lowering, given, results);
  const isWanted = [wanted.dx, wanted.gain, wanted.bias];
  return once.map((values, i) => isWanted[i] ? values : null);
}

/** Compares gradients with their ops; the sums grow with the count of rows. */
async function checkGradients(
  shape: Shape,
  wanted: { dx: boolean; gain: boolean; bias: boolean },
): Promise<void> {
  const width = shape.at(-1)!;
  const [dy, x, gain] = [of(shape, 8), of(shape, 9), of([width], 10)];
  const [dx, dGain, dBias] = await runGradients(
    shape,
    [dy.values, x.values, gain.values],
    wanted,
  );
  const epsilon = { epsilon: EPSILON };
  if (dx) close(dx, meaning("layerNormGrad", epsilon, [dy, x, gain]));
  if (dGain) close(dGain, meaning("layerNormScaleGrad", epsilon, [dy, x]));
  if (dBias) close(dBias, meaning("sumTo", { shape: [width] }, [dy]));
}

deviceTest("gradients of layer normalisation by one kernel", async () => {
  const shapes = [[5, 7], [3, 50, 64], [2, 19, 768], [600, 12], [9, 1030]];
  for (const shape of [...shapes, [3, 4100]]) {
    await checkGradients(shape, { dx: true, gain: true, bias: true });
  }
});

deviceTest(
  "gradients of layer normalisation that are wanted alone",
  async () => {
    const none = { dx: false, gain: false, bias: false };
    for (const shape of [[9, 7], [2, 19, 96], [1000, 8]]) {
      await checkGradients(shape, { ...none, dx: true });
      await checkGradients(shape, { ...none, gain: true });
      await checkGradients(shape, { ...none, bias: true });
      await checkGradients(shape, { ...none, gain: true, bias: true });
      await checkGradients(shape, { ...none, dx: true, bias: true });
    }
  },
);

Deno.test("gradients of layer normalisation are one dispatch with few planes", () => {
  const lowering = testLowering();
  const [dy, x, gain, dx, dGain, dBias] = [
    [12_800, 768],
    [12_800, 768],
    [768],
    [12_800, 768],
    [768],
    [768],
  ].map((shape) => lowering.value(shape));
  const operand = (id?: number) => tensorOperand(lowering.values, id!);
  const target = (id?: number) => tensorTarget(lowering.values, id!);
  layerNormGradKernels(
    ...[lowering, EPSILON] as const,
    { dy: operand(dy), x: operand(x), gain: operand(gain) },
    { dx: target(dx), gain: target(dGain), bias: target(dBias) },
  );
  deepStrictEqual(lowering.calls.length, 1);
  deepStrictEqual(lowering.partials.map(({ count }) => count), [128, 128]);
});
