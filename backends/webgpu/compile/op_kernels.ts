/** Kernels of the ops that do not treat every number alone. */
import {
  type ConvolutionOp,
  type NodeId,
  type NodeOf,
  type OpName,
  sizeOf,
} from "../../../core/mod.ts";
import { clipKernel } from "../kernels/clip.ts";
import { sumKernels } from "../kernels/columns.ts";
import {
  conv2dInputGradKernels,
  conv2dKernels,
  conv2dWeightGradKernels,
} from "../kernels/convolution.ts";
import { hogKernels } from "../kernels/hog.ts";
import { layerNormGradKernels } from "../kernels/layer_norm_grad.ts";
import { mapKernel } from "../kernels/map.ts";
import { matmulKernels } from "../kernels/matmul/matmul.ts";
import {
  L2_NORMALIZE,
  layerNorm,
  LOG_SOFTMAX,
  SOFTMAX,
  SOFTMAX_GRAD,
} from "../kernels/row_formulas.ts";
import { readsOnce, type RowFormula, rowKernel } from "../kernels/rows.ts";
import { scatterKernels } from "../kernels/scatter.ts";
import type { Target } from "../wgsl/operand.ts";
import { concatParts } from "./operands/concat_parts.ts";
import {
  type Context,
  inMemory,
  limitLeaves,
  plainTarget,
  type Result,
  targetOf,
  targetsOf,
} from "./context.ts";
import { reshaped } from "./operands/views.ts";

/** Adds the kernels of a node. */
type Lower<Name extends OpName> = (
  context: Context,
  node: NodeOf<Name>,
  id: NodeId,
) => void;

/** A formula applied to rows. */
const rows = <Name extends OpName>(
  formulaOf: (attributes: NodeOf<Name>["attributes"]) => RowFormula,
): Lower<Name> =>
(context, node, id) => {
  const { compilation } = context;
  const inputs = node.inputs.map(compilation.operand);
  const target = targetOf(context, id);
  rowKernel(compilation, formulaOf(node.attributes), inputs, target);
};

/** A convolution, or one of its gradients. */
const convolution =
  (kernels: typeof conv2dKernels): Lower<ConvolutionOp> =>
  (context, { inputs: [a = 0, b = 0], attributes }, id) => {
    const operands = [inMemory(context, a), inMemory(context, b)] as const;
    const target = targetOf(context, id);
    kernels(context.compilation, attributes, ...operands, target);
  };

/**
 * Adds the kernels of a matrix product.
 *
 * @param rowSums The sums of `op(a)` over its last axis.
 */
export function lowerMatmul(
  context: Context,
  { inputs, shape, attributes }: NodeOf<"matmul">,
  id: NodeId,
  rowSums?: Result,
): void {
  const { compilation } = context;
  const { transposeA, transposeB } = attributes;
  const [m = 1, n = 1] = shape.slice(-2);
  const batch = sizeOf(shape.slice(0, -2));
  const [a, b] = inputs.map((input) => {
    const operand = inMemory(context, input);
    return reshaped(operand, [batch, ...operand.shape.slice(-2)]);
  });
  const k = a!.shape[transposeA ? 1 : 2] ?? 1;
  const sizes = { batch, m, n, k, transposeA, transposeB };
  const [target, sums] = targetsOf(
    context,
    [{ id, shape: [batch, m, n] }, ...rowSums === undefined ? [] : [rowSums]],
    compilation.leaves(inputs).size,
  ) as [Target, Target?];
  matmulKernels(compilation, sizes, a!, b!, target, {
    ...compilation.choose?.(sizes, [target]),
    ...sums === undefined ? {} : { rowSums: sums },
  });
}

/** Layer normalisation; a sum that ends in its input is added up on the way, and stored. */
function lowerLayerNorm(
  context: Context,
  { inputs, shape, attributes: { epsilon } }: NodeOf<"layerNorm">,
  id: NodeId,
): void {
  const { compilation } = context;
  const [x = 0, ...rest] = inputs;
  const others = rest.map(compilation.operand);
  const areVector = others.every(({ vector }) => vector);
  const free = compilation.limits.buffers - compilation.leaves(rest).size - 1;
  const tapped = areVector && readsOnce(shape.at(-1) ?? 1, inputs.length)
    ? compilation.tappedOperand(x, free)
    : null;
  const source = tapped?.operand ?? compilation.operand(x);
  const own = tapped === null
    ? compilation.leaves(inputs).size
    : tapped.buffers + compilation.leaves(rest).size;
  const [target] = targetsOf(context, [{ id }], own) as [Target];
  const operands = [source, ...others];
  rowKernel(compilation, layerNorm(epsilon), operands, target);
}

/** Ops with kernels. */
type KernelOp =
  | "clipFactor"
  | "concat"
  | "matmul"
  | "conv2d"
  | "conv2dInputGrad"
  | "conv2dWeightGrad"
  | "sumTo"
  | "softmax"
  | "logSoftmax"
  | "softmaxGrad"
  | "layerNorm"
  | "layerNormGrad"
  | "layerNormScaleGrad"
  | "l2Normalize"
  | "scatterRows"
  | "hogCells";

const KERNELS: { readonly [Name in KernelOp]: Lower<Name> } = {
  clipFactor: (context, { inputs: [x = 0], attributes: { maxNorm } }, id) => {
    const squares = context.compilation.operand(x);
    const target = targetOf(context, id);
    clipKernel(context.compilation, maxNorm, squares, target);
  },
  concat: (context, node, id) => {
    const { compilation } = context;
    const operands = node.inputs.map(compilation.operand);
    const whole = plainTarget(context, id);
    const parts = concatParts(compilation.outline, node, whole);
    operands.forEach((operand, i) =>
      mapKernel(compilation, operand, parts[i]!, "concat part")
    );
  },
  matmul: lowerMatmul,
  conv2d: convolution(conv2dKernels),
  conv2dInputGrad: convolution(conv2dInputGradKernels),
  conv2dWeightGrad: convolution(conv2dWeightGradKernels),
  sumTo: (context, { inputs: [x = 0] }, id) => {
    const operand = context.compilation.operand(x);
    sumKernels(context.compilation, operand, targetOf(context, id));
  },
  softmax: rows(() => SOFTMAX),
  logSoftmax: rows(() => LOG_SOFTMAX),
  softmaxGrad: rows(() => SOFTMAX_GRAD),
  l2Normalize: rows(() => L2_NORMALIZE),
  layerNorm: lowerLayerNorm,
  layerNormGrad: (
    context,
    { inputs: [dy = 0, x = 0, gain = 0], attributes: { epsilon } },
    id,
  ) => {
    const { operand } = context.compilation;
    const inputs = { dy: operand(dy), x: operand(x), gain: operand(gain) };
    const dx = targetOf(context, id);
    layerNormGradKernels(context.compilation, epsilon, inputs, { dx });
  },
  layerNormScaleGrad: (
    context,
    { inputs: [dy = 0, x = 0], attributes: { epsilon } },
    id,
  ) => {
    const { operand } = context.compilation;
    const inputs = { dy: operand(dy), x: operand(x) };
    const gain = targetOf(context, id);
    layerNormGradKernels(context.compilation, epsilon, inputs, { gain });
  },
  scatterRows: (context, { inputs: [y = 0, index = 0] }, id) => {
    const operands = [
      inMemory(context, y),
      context.compilation.operand(index),
    ] as const;
    scatterKernels(context.compilation, ...operands, targetOf(context, id));
  },
  hogCells: (context, { inputs: [x = 0], attributes }, id) => {
    const operand = inMemory(context, x);
    const target = targetOf(context, id);
    hogKernels(context.compilation, attributes, operand, target);
  },
};

/** Buffers of a kernel besides those of its operands: its target and what it leaves for a next one. */
const OTHER_BUFFERS = 3;

/**
 * Adds the kernels of a node.
 *
 * @throws If its op has none: it is not computed by itself.
 */
export function lowerNode(context: Context, id: NodeId): void {
  const node = context.compilation.outline.node(id);
  if (!Object.hasOwn(KERNELS, node.op)) {
    throw new Error(`${node.op} has no kernel of its own`);
  }
  const { limits: { buffers } } = context.compilation;
  limitLeaves(context, node.inputs, buffers - OTHER_BUFFERS);
  const lower = KERNELS[node.op as KernelOp] as Lower<OpName>;
  lower(context, node as NodeOf<OpName>, id);
}
