/** Attention and its gradient: products, soft-max and products between, done without their matrices of weights. */
import {
  type NodeId,
  type NodeOf,
  type Shape,
  sizeOf,
} from "../../../../core/mod.ts";
import { sameShape } from "../../../../core/graph/shape.ts";
import { attentionKernels } from "../../kernels/attention/attention.ts";
import { attentionGradKernels } from "../../kernels/attention/attention_grad.ts";
import type { AttentionSizes } from "../../kernels/attention/attention_tiles.ts";
import type { ValueId } from "../../wgsl/command_list.ts";
import type { Operand, Target } from "../../wgsl/operand.ts";
import { tensorOperand, tensorTarget } from "../../wgsl/tensor.ts";
import {
  type Context,
  limitLeaves,
  type Pattern,
  targetsOf,
} from "../context.ts";
import type { Outline } from "../outline.ts";
import { reshaped } from "../operands/views.ts";
import { joinedTargets } from "./joined_targets.ts";

/** Nodes of attention. */
interface Forward {
  /** The soft-max. */
  readonly weights: NodeId;
  /** Product of queries and keys. */
  readonly scores: NodeId;
  /** The scaled queries, if they are scaled. */
  readonly scaled: NodeId | null;
  readonly scale: number;
  /** Inputs, as the products name them. */
  readonly q: NodeId;
  readonly k: NodeId;
  readonly v: NodeId;
  /** Product of weights and values. */
  readonly output: NodeId;
}

/** Nodes of the gradient of attention. */
interface Backward {
  /** Gradient of the output, as a product names it. */
  readonly gradient: NodeId;
  /** Nodes between. */
  readonly inner: readonly NodeId[];
  readonly dq: NodeId;
  readonly dk: NodeId;
  readonly dv: NodeId;
}

/** A product with these transpositions. */
function productOf(
  { node }: Outline,
  id: NodeId | undefined,
  transposeA: boolean,
  transposeB: boolean,
): NodeOf<"matmul"> | null {
  const here = id === undefined ? undefined : node(id);
  return here?.op === "matmul" &&
      here.attributes.transposeA === transposeA &&
      here.attributes.transposeB === transposeB && here.shape.length >= 3
    ? here
    : null;
}

const matrixOf = ({ node }: Outline, id: NodeId): Shape =>
  node(id).shape.slice(-2);

const isInner = ({ outputs }: Outline, ids: readonly NodeId[]): boolean =>
  ids.every((id) => outputs(id).length === 0);

/** Attention around a soft-max. */
function forwardAt(outline: Outline, weights: NodeId): Forward | null {
  const { node, root, users, inputs } = outline;
  const [scores = -1] = inputs(weights);
  const product = productOf(outline, scores, false, true);
  if (product === null || users(scores).length !== 1) return null;
  const [a = -1, k = -1] = product.inputs;
  const before = node(root(a));
  const isScaled = before.op === "scale" && isInner(outline, [root(a)]);
  const output = users(weights).find((id) => {
    const values = productOf(outline, id, false, false);
    return values !== null && root(values.inputs[0]!) === weights &&
      root(values.inputs[1]!) !== weights;
  });
  if (output === undefined || !isInner(outline, [weights, scores])) return null;
  const matrices = [scores, weights, node(output).inputs[0]!]
    .map((id) => matrixOf(outline, id));
  if (!matrices.every((shape) => sameShape(shape, matrices[0]!))) return null;
  return {
    ...{ weights, scores, output, k },
    scaled: isScaled ? root(a) : null,
    scale: isScaled ? before.attributes.factor : 1,
    q: isScaled ? before.inputs[0]! : a,
    v: node(output).inputs[1]!,
  };
}

/** The node after one, if it is scaled by the same factor as the queries and used by nothing else. */
function unscaled(
  { node, users, outputs }: Outline,
  id: NodeId,
  scale: number,
): NodeId | null {
  if (scale === 1) return id;
  const [only = -1, ...others] = users(id);
  if (others.length > 0 || only < 0 || outputs(id).length > 0) return null;
  const here = node(only);
  return here.op === "scale" && here.attributes.factor === scale ? only : null;
}

/** The gradient of attention, if all users of the weights belong to it. */
function backwardOf(outline: Outline, forward: Forward): Backward | null {
  const { node, root, users } = outline;
  const { weights, output, scale, scaled, q, k, v } = forward;
  const others = users(weights).filter((id) => id !== output);
  if (others.length !== 2) return null;
  const scoresGrad = others.find((id) => node(id).op === "softmaxGrad");
  const dv = others.find((id) => productOf(outline, id, true, false) !== null);
  if (scoresGrad === undefined || dv === undefined) return null;
  const weightsGrad = root(node(scoresGrad).inputs[0]!);
  const product = productOf(outline, weightsGrad, false, true);
  const gradient = node(dv).inputs[1]!;
  const isRight = product !== null && users(weightsGrad).length === 1 &&
    root(product.inputs[0]!) === root(gradient) &&
    root(product.inputs[1]!) === root(v) &&
    root(node(dv).inputs[0]!) === weights &&
    isInner(outline, [scoresGrad, weightsGrad]);
  if (!isRight) return null;
  const dqProduct = users(scoresGrad).find((id) =>
    productOf(outline, id, false, false) !== null
  );
  const dk = users(scoresGrad).find((id) =>
    productOf(outline, id, true, false) !== null
  );
  if (
    dqProduct === undefined || dk === undefined ||
    users(scoresGrad).length !== 2
  ) return null;
  const dq = unscaled(outline, dqProduct, scale);
  const fits = dq !== null && root(node(dqProduct).inputs[1]!) === root(k) &&
    root(node(dk).inputs[1]!) === (scaled ?? root(q));
  if (!fits) return null;
  const inner = [
    scoresGrad,
    weightsGrad,
    ...dq === dqProduct ? [] : [dqProduct],
  ];
  return { gradient, inner, dq, dk, dv };
}

/** Extents; leading axes but the last count as samples. */
function sizesOf(
  { node }: Outline,
  { output, k, scale }: Forward,
): AttentionSizes | null {
  const { shape } = node(output);
  const [tokens = 1, width = 1] = shape.slice(-2);
  const keys = node(k).shape.at(-2);
  const heads = shape.length > 3 ? shape.at(-3) ?? 1 : 1;
  const batch = sizeOf(shape.slice(0, -2)) / heads;
  return keys === tokens && node(k).shape.at(-1) === width
    ? { batch, heads, tokens, width, scale }
    : null;
}

const MOST_WIDTH = 128;

/** The patterns of all attention in a graph. */
export function attentionPatterns(outline: Outline): readonly Pattern[] {
  return outline.graph.nodes.flatMap((node, id) =>
    node.op === "softmax" ? patternsAt(outline, id) : []
  );
}

function patternsAt(outline: Outline, weights: NodeId): readonly Pattern[] {
  const { users } = outline;
  const forward = forwardAt(outline, weights);
  const sizes = forward === null ? null : sizesOf(outline, forward);
  if (forward === null || sizes === null || sizes.width > MOST_WIDTH) return [];
  const { scores, output, scaled } = forward;
  const backward = users(weights).length === 1
    ? null
    : backwardOf(outline, forward);
  if (users(weights).length > 1 && backward === null) return [];
  const mine = new Set([scores, backward?.dk]);
  const isOwn = scaled !== null && users(scaled).every((id) => mine.has(id));
  if (scaled !== null && !isOwn) return [];
  const first: Pattern = {
    trigger: output,
    covers: [weights, scores, output, ...scaled === null ? [] : [scaled]],
    demands: backward === null ? [] : [output],
    emit: (context) => emitForward(context, forward, sizes, memory),
  };
  const memory: Memory = { hasGradient: backward !== null, logSum: null };
  if (backward === null) return [first];
  const { dq, dk, dv, inner } = backward;
  const trigger = Math.max(dq, dk, dv);
  const isFree = [dq, dk, dv].every((id) =>
    users(id).every((user) => user > trigger)
  );
  return isFree
    ? [first, {
      trigger,
      covers: [...inner, dq, dk, dv],
      emit: (context) =>
        emitBackward(context, { forward, backward, sizes, memory }),
    }]
    : [];
}

/** What the gradient needs of the forward pass besides the output. */
interface Memory {
  readonly hasGradient: boolean;
  logSum: ValueId | null;
}

/** An operand as `[batch, heads, tokens, width]`. */
const headed = (
  { compilation: { operand } }: Context,
  id: NodeId,
  { batch, heads, tokens, width }: AttentionSizes,
): Operand => reshaped(operand(id), [batch, heads, tokens, width]);

/** Queries, keys and values. */
const inputsOf = (
  context: Context,
  { q, k, v }: Forward,
  sizes: AttentionSizes,
) => ({
  q: headed(context, q, sizes),
  k: headed(context, k, sizes),
  v: headed(context, v, sizes),
});

/** Values that the kernels of the gradient pass on: logarithms of the sums, and means. */
const STATISTICS = 2;

function emitForward(
  context: Context,
  forward: Forward,
  sizes: AttentionSizes,
  memory: Memory,
): void {
  const { compilation } = context;
  const { batch, heads, tokens, width } = sizes;
  const read = [forward.q, forward.k, forward.v];
  limitLeaves(context, read, compilation.limits.buffers - 2);
  const inputs = inputsOf(context, forward, sizes);
  const result = { id: forward.output, shape: [batch, heads, tokens, width] };
  const own = compilation.leaves(read).size + (memory.hasGradient ? 1 : 0);
  const [output] = targetsOf(context, [result], own) as [Target];
  if (memory.hasGradient) {
    memory.logSum = compilation.scratch([batch, heads, tokens]);
  }
  attentionKernels(compilation, sizes, inputs, {
    output,
    ...memory.logSum === null
      ? {}
      : { logSum: tensorTarget(compilation.values, memory.logSum) },
  });
}

function emitBackward(
  context: Context,
  { forward, backward, sizes, memory }: {
    readonly forward: Forward;
    readonly backward: Backward;
    readonly sizes: AttentionSizes;
    readonly memory: Memory;
  },
): void {
  const { compilation } = context;
  const { batch, heads, tokens, width } = sizes;
  const { dq, dk, dv, gradient } = backward;
  const { q: queries, k: keys, v: values, output } = forward;
  const read = [queries, keys, values, gradient, output];
  limitLeaves(context, read, compilation.limits.buffers - STATISTICS - 1);
  const own = compilation.leaves(read).size + STATISTICS;
  const operands = {
    ...inputsOf(context, forward, sizes),
    output: headed(context, forward.output, sizes),
    gradient: headed(context, backward.gradient, sizes),
    logSum: tensorOperand(compilation.values, memory.logSum!),
  };
  const shape = [batch, heads, tokens, width];
  const [q, k, v] = joinedTargets(context, [dq, dk, dv], shape, own);
  attentionGradKernels(compilation, sizes, operands, {
    q: q!,
    k: k!,
    v: v!,
  });
}
