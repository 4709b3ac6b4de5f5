/**
 * Every op on the WebGPU backend.
 *
 * @module
 */
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import {
  type NodeOf,
  type Shape,
  type Signature,
  sizeOf,
} from "../../../core/mod.ts";
import { stridesOf } from "../../../core/graph/shape.ts";
import { broadcastStrides } from "../host/strided.ts";
import type { ComputedOp, Kernel, KernelTable, Launch } from "../kernel.ts";
import { GELU, GELU_GRAD, NORMAL_DISTRIBUTION } from "./activation_shaders.ts";
import {
  concatShader,
  gatherShader,
  mapShader,
  padShader,
  scatterShader,
  stridedShader,
} from "./element_shaders.ts";
import { hogShader } from "./hog_shader.ts";
import {
  L2_NORMALIZE,
  layerNormFormula,
  layerNormGradFormula,
  scaledByNormFormula,
  SOFTMAX,
  SOFTMAX_GRAD,
} from "./row_formulas.ts";
import { type RowFormula, rowShader } from "./row_shader.ts";
import { launchShader, literal, type Shader } from "./shader.ts";
import { sumShader } from "./sum_shader.ts";
import { webGpuMatmul } from "./webgpu_matmul.ts";

/** Ops that take more than one program, or one of the library's. */
type Composed = "matmul" | "concat" | "sumTo" | "layerNormScaleGrad";

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
  mix: mapped(({ weight }) =>
    `${literal(weight)} * v0 + ${literal(1 - weight)} * v1`
  ),
  gelu: mapped(GELU, NORMAL_DISTRIBUTION),
  geluGrad: mapped(GELU_GRAD, NORMAL_DISTRIBUTION),
  adamwUpdate: mapped(({ weightDecay, epsilon }) =>
    `v0 * (1.0 - v3 * ${literal(weightDecay)})
      - v3 * (v1 / v4) / (sqrt(v2 / v5) + ${literal(epsilon)})`
  ),
  softmax: ({ shape }) => onRows(shape, SOFTMAX),
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
  hogCells: ({ attributes: { cells, nbins } }, [x = []]) =>
    hogShader([x[0] ?? 1, x[1] ?? 1, x[2] ?? 1], cells, nbins),
};

/** Sums in one launch or two. */
function sumLaunch(backend: WebGPUBackend, from: Shape, to: Shape): Launch {
  const { shader, parts } = sumShader(from, to);
  const size = sizeOf(to);
  const first = launchShader(backend, shader, {
    shape: parts === 1 ? to : [parts, size],
    dtype: "float32",
  });
  if (parts === 1) return first;
  const second = sumLaunch(backend, [parts, size], [size]);
  return (inputs) => {
    const partial = first(inputs);
    const sum = second([partial]);
    backend.disposeData(partial.dataId);
    return { ...sum, shape: [...to] };
  };
}

/** Two or more tensors along one axis, one after the other. */
function concatLaunch(
  backend: WebGPUBackend,
  [a = { shape: [], dtype: "float32" }, ...rest]: readonly Signature[],
  axis: number,
): Launch {
  const b = rest.at(-1) ?? a;
  if (rest.length > 1) {
    const front = [a, ...rest.slice(0, -1)];
    const joined = { ...a, shape: joinedShape(front, axis) };
    const first = concatLaunch(backend, front, axis);
    const second = concatLaunch(backend, [joined, b], axis);
    return (inputs) => {
      const partial = first(inputs.slice(0, -1));
      const out = second([partial, inputs.at(-1)!]);
      backend.disposeData(partial.dataId);
      return out;
    };
  }
  return launchShader(backend, concatShader(a.shape, b.shape, axis), {
    shape: joinedShape([a, b], axis),
    dtype: a.dtype,
  });
}

const joinedShape = (parts: readonly Signature[], axis: number): Shape =>
  (parts[0]?.shape ?? []).with(
    axis,
    parts.reduce((sum, { shape }) => sum + (shape[axis] ?? 0), 0),
  );

/** Sums over rows what a program computes of each. */
const layerNormScaleGrad =
  (backend: WebGPUBackend): Kernel<"layerNormScaleGrad"> =>
  ({ shape, attributes: { epsilon } }, [x = { shape, dtype: "float32" }]) => {
    const formula = scaledByNormFormula(widthOf(x.shape), epsilon);
    const scaled = launchShader(backend, onRows(x.shape, formula), x);
    const sum = sumLaunch(backend, x.shape, shape);
    return (inputs) => {
      const partial = scaled(inputs);
      const out = sum([partial]);
      backend.disposeData(partial.dataId);
      return out;
    };
  };

/** Inputs that the program of an op reads: the inverse of a permutation is for its gradient only. */
const inputsRead = (op: ComputedOp): number => op === "permuteRows" ? 2 : 6;

const singleKernel = (
  backend: WebGPUBackend,
  shaderOf: ShaderOf<ComputedOp>,
): Kernel<ComputedOp> =>
(node, inputs) => {
  const shader = shaderOf(node, inputs.map(({ shape }) => shape));
  const launch = launchShader(backend, shader, node);
  const read = inputsRead(node.op);
  return (given) => launch(given.slice(0, read));
};

/** A kernel for every op. */
export function webGpuKernels(backend: WebGPUBackend): KernelTable {
  const singles = Object.fromEntries(
    Object.entries(SHADERS).map(([op, shaderOf]) => [
      op,
      singleKernel(backend, shaderOf as ShaderOf<ComputedOp>),
    ]),
  ) as unknown as Pick<KernelTable, Single>;
  return {
    ...singles,
    matmul: webGpuMatmul(backend),
    concat: ({ attributes: { axis } }, inputs) =>
      concatLaunch(backend, inputs, axis),
    sumTo: ({ shape }, [x = { shape, dtype: "float32" }]) =>
      sumLaunch(backend, x.shape, shape),
    layerNormScaleGrad: layerNormScaleGrad(backend),
  };
}
