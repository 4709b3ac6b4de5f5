/** Every op on the WebGPU backend. */
import type { WebGPUBackend } from "npm:@tensorflow/tfjs-backend-webgpu@4.22.0";
import {
  LEAST_NORMAL,
  type NodeOf,
  type Shape,
  type Signature,
  sizeOf,
} from "../../../core/mod.ts";
import { stridesOf } from "../../../core/graph/shape.ts";
import { extentsOf } from "../host/convolution.ts";
import { broadcastStrides } from "../host/strided.ts";
import type { ComputedOp, Kernel, KernelTable } from "../device.ts";
import {
  gatherShader,
  GELU,
  GELU_GRAD,
  mapShader,
  NORMAL_DISTRIBUTION,
  padShader,
  scatterShader,
  stridedShader,
} from "./element_shaders.ts";
import { clipShader } from "./clip_shader.ts";
import { concatLaunch, sumLaunch, thenSum } from "./composed_launches.ts";
import {
  convolutionShader,
  inputGradShader,
  weightGradShader,
} from "./convolution_shaders.ts";
import { hogShader } from "./hog_shader.ts";
import {
  L2_NORMALIZE,
  layerNormFormula,
  layerNormGradFormula,
  LOG_SOFTMAX,
  type RowFormula,
  rowShader,
  scaledByNormFormula,
  SOFTMAX,
  SOFTMAX_GRAD,
} from "./row_shader.ts";
import { launchShader, literal, MOST_TURNS, type Shader } from "./shader.ts";
import { webGpuMatmul } from "./webgpu_matmul.ts";

/** Ops that take more than one program, or one of the library's. */
type Composed =
  | "matmul"
  | "concat"
  | "conv2dWeightGrad"
  | "sumTo"
  | "layerNormScaleGrad";

/** Ops that are one program each. */
type Single = Exclude<ComputedOp, Composed>;

/** Gives the program of a node. */
type ShaderOf<Name extends ComputedOp> = (
  node: NodeOf<Name>,
  inputs: readonly Shape[],
) => Shader;

const rowsOf = (shape: Shape): number => sizeOf(shape.slice(0, -1));

const widthOf = (shape: Shape): number => shape.at(-1) ?? 1;

/** `result = expression` of the numbers `v0`, `v1`, … that the inputs have there. */
const mapped = <Name extends ComputedOp>(
  expression: string | ((attributes: NodeOf<Name>["attributes"]) => string),
  declarations?: string,
): ShaderOf<Name> =>
({ op, shape, attributes }, inputs) => {
  const value = typeof expression === "string"
    ? expression
    : expression(attributes);
  return mapShader(`${op} ${value}`, shape, inputs, value, declarations);
};

const onRows = (shape: Shape, formula: RowFormula): Shader =>
  rowShader(formula, rowsOf(shape), widthOf(shape));

const gathered = (
  { shape }: Signature,
  [x = [], index = []]: readonly Shape[],
): Shader =>
  gatherShader(x[1] ?? 1, index[1] ?? 1, sizeOf(x.slice(2)), sizeOf(shape));

const SHADERS: { readonly [Name in Single]: ShaderOf<Name> } = {
  add: mapped("v0 + v1"),
  subtract: mapped("v0 - v1"),
  multiply: mapped("v0 * v1"),
  square: mapped("v0 * v0"),
  scale: mapped(({ factor }) => `${literal(factor)} * v0`),
  rsqrt: mapped(({ epsilon }) => `1.0 / sqrt(v0 + ${literal(epsilon)})`),
  mix: mapped(({ weight }) =>
    `${literal(weight)} * v0 + ${literal(1 - weight)} * v1`
  ),
  flush: mapped(`select(v0, 0.0, abs(v0) <= ${literal(LEAST_NORMAL)})`),
  relu: mapped("max(v0, 0.0)"),
  reluGrad: mapped("select(0.0, v0, v1 > 0.0)"),
  gelu: mapped(GELU, NORMAL_DISTRIBUTION),
  geluGrad: mapped(GELU_GRAD, NORMAL_DISTRIBUTION),
  adamwUpdate: mapped(({ weightDecay, epsilon }) =>
    `v0 * (1.0 - v3 * ${literal(weightDecay)})
      - v3 * (v1 / v4) / (sqrt(v2 / v5) + ${literal(epsilon)})`
  ),
  conv2d: (node, inputs) => convolutionShader(extentsOf(node, inputs)),
  conv2dInputGrad: (node, inputs) => inputGradShader(extentsOf(node, inputs)),
  softmax: ({ shape }) => onRows(shape, SOFTMAX),
  logSoftmax: ({ shape }) => onRows(shape, LOG_SOFTMAX),
  softmaxGrad: ({ shape }) => onRows(shape, SOFTMAX_GRAD),
  l2Normalize: ({ shape }) => onRows(shape, L2_NORMALIZE),
  layerNorm: ({ shape, attributes: { epsilon } }) =>
    onRows(shape, layerNormFormula(widthOf(shape), epsilon)),
  layerNormGrad: ({ shape, attributes: { epsilon } }) =>
    onRows(shape, layerNormGradFormula(widthOf(shape), epsilon)),
  transpose: ({ shape, attributes: { permutation } }, [x = []]) => {
    const strides = stridesOf(x);
    return stridedShader(shape, permutation.map((axis) => strides[axis] ?? 0));
  },
  slice: ({ shape, attributes: { axis, start } }, [x = []]) => {
    const strides = stridesOf(x);
    return stridedShader(shape, strides, start * (strides[axis] ?? 0));
  },
  broadcastTo: ({ shape }, [x = []]) =>
    stridedShader(shape, broadcastStrides(x, shape)),
  pad: (node, [x = []]) =>
    padShader(node, x, node.attributes.axis, node.attributes.before),
  gatherRows: gathered,
  permuteRows: gathered,
  scatterRows: ({ shape, attributes: { rows } }, [, index = []]) =>
    scatterShader(
      rows,
      index[1] ?? 1,
      sizeOf(shape.slice(2)),
      sizeOf(shape),
    ),
  clipFactor: ({ attributes: { maxNorm } }, [squares = []]) =>
    clipShader(sizeOf(squares), maxNorm),
  hogCells: ({ attributes: { cells, nbins } }, [x = []]) =>
    hogShader([x[0] ?? 1, x[1] ?? 1, x[2] ?? 1], cells, nbins),
};

/** Inputs that the program of an op reads: the inverse of a permutation is for its gradient only. */
const inputsRead = (op: ComputedOp): number => op === "permuteRows" ? 2 : 6;

/**
 * Checks that an adapter does not cut off the loops of a program.
 *
 * @throws If it would.
 */
function checkTurns({ turns = 0 }: Shader, op: ComputedOp): void {
  if (turns > MOST_TURNS) {
    throw new Error(
      `${op} would take ${turns} turns of a loop, and software adapters end loops after ${MOST_TURNS} without a word`,
    );
  }
}

const singleKernel = (
  backend: WebGPUBackend,
  shaderOf: ShaderOf<ComputedOp>,
  isGpu: boolean,
): Kernel<ComputedOp> =>
(node, inputs) => {
  const shader = shaderOf(node, inputs.map(({ shape }) => shape));
  if (!isGpu) checkTurns(shader, node.op);
  const launch = launchShader(backend, shader, node);
  const read = inputsRead(node.op);
  return (given) => launch(given.slice(0, read));
};

/** A kernel for every op. */
export function webGpuKernels(
  backend: WebGPUBackend,
  isGpu: boolean,
): KernelTable {
  const singles = Object.fromEntries(
    Object.entries(SHADERS).map(([op, shaderOf]) => [
      op,
      singleKernel(backend, shaderOf as ShaderOf<ComputedOp>, isGpu),
    ]),
  ) as unknown as Pick<KernelTable, Single>;
  return {
    ...singles,
    matmul: webGpuMatmul(backend, isGpu),
    concat: ({ attributes: { axis } }, inputs) =>
      concatLaunch(backend, inputs, axis),
    conv2dWeightGrad: (node, inputs) => {
      const shapes = inputs.map(({ shape }) => shape);
      const { shader, parts } = weightGradShader(extentsOf(node, shapes));
      if (parts === 1) return launchShader(backend, shader, node);
      const partial = { ...node, shape: [parts, ...node.shape] };
      const first = launchShader(backend, shader, partial);
      const total = thenSum(backend, first, partial.shape, [1, ...node.shape]);
      return (given) => ({ ...total(given), shape: [...node.shape] });
    },
    sumTo: ({ shape }, [x = { shape }]) => sumLaunch(backend, x.shape, shape),
    layerNormScaleGrad: (node, [x = node]) => {
      const { epsilon } = node.attributes;
      const formula = scaledByNormFormula(widthOf(x.shape), epsilon);
      const scaled = launchShader(backend, onRows(x.shape, formula), x);
      return thenSum(backend, scaled, x.shape, node.shape);
    },
  };
}
