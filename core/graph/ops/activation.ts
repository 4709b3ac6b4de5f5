/** ReLU, GELU and softmax with their gradients. */
import type { ActivationOp, Signature } from "../node.ts";
import { erf } from "../erf.ts";
import {
  free,
  noGradient,
  type OpDefinition,
  type OpDefinitions,
  type Values,
} from "../op_definition.ts";
import { inferSame, inferUnary } from "./elementwise.ts";

/** Standard normal distribution function `Φ`. */
const normalCdf = (x: number): number => 0.5 * (1 + erf(x * Math.SQRT1_2));
/** Standard normal density `φ`. */
const normalPdf = (x: number): number =>
  Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);

const relu: OpDefinition<"relu"> = {
  infer: inferUnary,
  evaluate: (_, [x = new Float64Array()]) => x.map((v) => Math.max(v, 0)),
  vjp: (
    g,
    { inputs: [x = -1] },
    dy,
  ) => [() => g.apply("reluGrad", {}, [dy, x])],
  flops: free,
};

const reluGrad: OpDefinition<"reluGrad"> = {
  infer: inferSame(2),
  evaluate: (_, [dy, x = new Float64Array()]) =>
    x.map((v, i) => v > 0 ? dy?.[i] ?? NaN : 0),
  vjp: noGradient,
  flops: free,
};

/** Exact GELU: Hendrycks and Gimpel 2016. */
const gelu: OpDefinition<"gelu"> = {
  infer: inferUnary,
  evaluate: (_, [x = new Float64Array()]) => x.map((v) => v * normalCdf(v)),
  vjp: (
    g,
    { inputs: [x = -1] },
    dy,
  ) => [() => g.apply("geluGrad", {}, [dy, x])],
  flops: free,
};

const geluGrad: OpDefinition<"geluGrad"> = {
  infer: inferSame(2),
  evaluate: (_, [dy, x = new Float64Array()]) =>
    x.map((v, i) => (dy?.[i] ?? NaN) * (normalCdf(v) + v * normalPdf(v))),
  vjp: noGradient,
  flops: free,
};

/** Applies `f` to every row along the last axis and lays the results end to end. */
export function mapRows(
  signature: Signature,
  tensors: readonly Values[],
  f: (...rows: Values[]) => Values,
): Values {
  const width = signature.shape.at(-1) ?? 1;
  const out = new Float64Array(tensors[0]?.length ?? 0);
  for (let start = 0; start < out.length; start += width) {
    out.set(f(...tensors.map((x) => x.subarray(start, start + width))), start);
  }
  return out;
}

/** Sum of the products of two rows. */
export const dot = (a: Values, b: Values): number =>
  a.reduce((sum, v, i) => sum + v * (b[i] ?? NaN), 0);

const softmaxRow = (x: Values): Values => {
  const top = x.reduce((a, b) => Math.max(a, b), -Infinity);
  const powers = x.map((v) => Math.exp(v - top));
  const total = powers.reduce((a, b) => a + b, 0);
  return powers.map((v) => v / total);
};

const softmax: OpDefinition<"softmax"> = {
  infer: inferUnary,
  evaluate: (node, inputs) => mapRows(node, inputs, softmaxRow),
  vjp: (g, _, dy, self) => [() => g.apply("softmaxGrad", {}, [dy, self])],
  flops: free,
};

const logSoftmaxRow = (x: Values): Values => {
  const top = x.reduce((a, b) => Math.max(a, b), -Infinity);
  const total = x.reduce((sum, v) => sum + Math.exp(v - top), 0);
  return x.map((v) => v - top - Math.log(total));
};

const logSoftmax: OpDefinition<"logSoftmax"> = {
  infer: inferUnary,
  evaluate: (node, inputs) => mapRows(node, inputs, logSoftmaxRow),
  vjp: (g, { inputs: [x = -1], shape }, dy) => [
    () => {
      const last = shape.length - 1;
      const sums = g.sumTo(dy, shape.map((n, axis) => axis === last ? 1 : n));
      return g.subtract(dy, g.multiply(g.apply("softmax", {}, [x]), sums));
    },
  ],
  flops: free,
};

const softmaxGrad: OpDefinition<"softmaxGrad"> = {
  infer: inferSame(2),
  evaluate: (node, inputs) =>
    mapRows(node, inputs, (dy = new Float64Array(), y = new Float64Array()) => {
      const mean = dot(dy, y);
      return y.map((v, i) => v * ((dy[i] ?? NaN) - mean));
    }),
  vjp: noGradient,
  flops: free,
};

/** Activations and their gradients. */
export const activationOps: OpDefinitions<ActivationOp> = {
  relu,
  reluGrad,
  gelu,
  geluGrad,
  softmax,
  logSoftmax,
  softmaxGrad,
};
