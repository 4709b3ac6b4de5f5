/** Ops that treat every number alone: sums, products, scaling, the step of AdamW. */
import { left, type Result, right } from "../../result.ts";
import { type GraphBuilder, stripBroadcast } from "../builder.ts";
import type { ElementwiseOp, NodeId, Shape, Signature } from "../node.ts";
import {
  free,
  noGradient,
  type OpDefinition,
  type OpDefinitions,
  type Values,
} from "../op_definition.ts";
import { broadcastIndex, broadcastShape, sameShape } from "../shape.ts";

const float = (shape: Shape): Signature => ({ shape, dtype: "float32" });

/** Signature of an op with one real input that keeps its shape. */
export const inferUnary = (
  _: unknown,
  inputs: readonly Signature[],
): Result<string, Signature> => {
  const [x] = inputs;
  return inputs.length === 1 && x?.dtype === "float32"
    ? right(float(x.shape))
    : left("one float32 tensor");
};

/** Signature of an op whose `count` real inputs all have the shape of the result. */
export const inferSame = (count: number) =>
(
  _: unknown,
  inputs: readonly Signature[],
): Result<string, Signature> => {
  const [first] = inputs;
  return first !== undefined && inputs.length === count &&
      inputs.every((x) =>
        x.dtype === "float32" && sameShape(x.shape, first.shape)
      )
    ? right(float(first.shape))
    : left(`${count} float32 tensors of one shape`);
};

const inferBroadcast = (
  _: unknown,
  inputs: readonly Signature[],
): Result<string, Signature> => {
  const [a, b] = inputs;
  const shape = a && b && inputs.length === 2 && a.dtype === "float32" &&
      b.dtype === "float32"
    ? broadcastShape(a.shape, b.shape)
    : null;
  return shape === null
    ? left("two float32 tensors whose shapes broadcast")
    : right(float(shape));
};

const zip = (f: (a: number, b: number) => number) =>
(
  node: Signature,
  [a, b]: readonly Values[],
  [sa, sb]: readonly Signature[],
): Values => {
  const ia = broadcastIndex(sa?.shape ?? [], node.shape);
  const ib = broadcastIndex(sb?.shape ?? [], node.shape);
  return Float64Array.from(
    ia,
    (i, k) => f(a?.[i] ?? NaN, b?.[ib[k] ?? 0] ?? NaN),
  );
};

/** Brings a gradient back to the shape of the input that was broadcast. */
const reduced = (
  g: GraphBuilder,
  input: NodeId | undefined,
  gradient: NodeId,
): NodeId => g.sumTo(gradient, g.shape(input ?? -1));

const add: OpDefinition<"add"> = {
  infer: inferBroadcast,
  evaluate: zip((a, b) => a + b),
  vjp: (g, { inputs }, dy) =>
    inputs.map((input) => () => reduced(g, input, dy)),
  flops: free,
};

const subtract: OpDefinition<"subtract"> = {
  infer: inferBroadcast,
  evaluate: zip((a, b) => a - b),
  vjp: (g, { inputs: [a, b] }, dy) => [
    () => reduced(g, a, dy),
    () => g.scale(reduced(g, b, dy), -1),
  ],
  flops: free,
};

const multiply: OpDefinition<"multiply"> = {
  infer: inferBroadcast,
  evaluate: zip((a, b) => a * b),
  vjp: (g, { inputs: [a = -1, b = -1] }, dy) => [
    () => reduced(g, a, g.multiply(dy, b)),
    () => reduced(g, b, g.multiply(dy, a)),
  ],
  flops: free,
};

const scale: OpDefinition<"scale"> = {
  infer: inferUnary,
  evaluate: ({ attributes: { factor } }, [x = new Float64Array()]) =>
    x.map((v) => factor * v),
  vjp: (g, { attributes: { factor } }, dy) => [() => g.scale(dy, factor)],
  flops: free,
};

const square: OpDefinition<"square"> = {
  infer: inferUnary,
  evaluate: (_, [x = new Float64Array()]) => x.map((v) => v * v),
  vjp: (g, { inputs: [x = -1] }, dy) => [
    // The gradient of a sum of squares is one number for many.
    () => g.multiply(g.scale(stripBroadcast(g, dy), 2), x),
  ],
  flops: free,
};

const rsqrt: OpDefinition<"rsqrt"> = {
  infer: inferUnary,
  evaluate: ({ attributes: { epsilon } }, [x = new Float64Array()]) =>
    x.map((v) => 1 / Math.sqrt(v + epsilon)),
  vjp: (g, _, dy, self) => [
    () => {
      const cubed = g.multiply(self, g.apply("square", {}, [self]));
      return g.scale(g.multiply(dy, cubed), -0.5);
    },
  ],
  flops: free,
};

const mix: OpDefinition<"mix"> = {
  infer: inferSame(2),
  evaluate: ({ attributes: { weight } }, [a = new Float64Array(), b]) =>
    a.map((v, i) => weight * v + (1 - weight) * (b?.[i] ?? NaN)),
  vjp: (g, { attributes: { weight } }, dy) => [
    () => g.scale(dy, weight),
    () => g.scale(dy, 1 - weight),
  ],
  flops: free,
};

/** The smallest positive normal number of float32. */
export const LEAST_NORMAL: number = 2 ** -126;

const flush: OpDefinition<"flush"> = {
  infer: inferUnary,
  // Not `≤`, which NaN would pass as 0.
  evaluate: (_, [x = new Float64Array()]) =>
    x.map((v) => Math.abs(v) <= LEAST_NORMAL ? 0 : v),
  vjp: (_, __, dy) => [() => dy],
  flops: free,
};

/** AdamW with decoupled weight decay: Loshchilov and Hutter 2019, algorithm 2. */
const adamwUpdate: OpDefinition<"adamwUpdate"> = {
  infer: (_, inputs) => {
    const [p] = inputs;
    const fits = p !== undefined && inputs.length === 6 &&
      inputs.every(({ shape, dtype }, i) =>
        dtype === "float32" && sameShape(shape, i < 3 ? p.shape : [])
      );
    return fits
      ? right(float(p.shape))
      : left("p, m, v of one shape and three float32 scalars");
  },
  evaluate: (
    { attributes: { weightDecay, epsilon } },
    [p = new Float64Array(), m, v, rates, corrections1, corrections2],
  ) => {
    const [rate = NaN] = rates ?? [];
    const [correction1 = NaN] = corrections1 ?? [];
    const [correction2 = NaN] = corrections2 ?? [];
    return p.map((value, i) => {
      const direction = (m?.[i] ?? NaN) / correction1;
      const spread = Math.sqrt((v?.[i] ?? NaN) / correction2) + epsilon;
      return value * (1 - rate * weightDecay) - rate * direction / spread;
    });
  },
  vjp: noGradient,
  flops: free,
};

/** Element-wise ops. */
export const elementwiseOps: OpDefinitions<ElementwiseOp> = {
  add,
  subtract,
  multiply,
  scale,
  square,
  rsqrt,
  mix,
  flush,
  adamwUpdate,
};
