/** Layer normalisation with its gradients, and unit length. */
import { left, type Result, right } from "../../result.ts";
import type { Signature } from "../node.ts";
import {
  free,
  noGradient,
  type OpDefinition,
  type OpDefinitions,
  type Values,
} from "../op_definition.ts";
import { sameShape } from "../shape.ts";
import { dot, mapRows } from "./activation.ts";
import { inferUnary } from "./elementwise.ts";

const mean = (x: Values): number => x.reduce((a, b) => a + b, 0) / x.length;

/** A row brought to mean 0 and variance 1, and the factor that did it. */
function standardize(
  x: Values,
  epsilon: number,
): { readonly xhat: Values; readonly rstd: number } {
  const centre = mean(x);
  const centred = x.map((v) => v - centre);
  const rstd = 1 / Math.sqrt(dot(centred, centred) / x.length + epsilon);
  return { xhat: centred.map((v) => v * rstd), rstd };
}

/** Signature of an op on rows `[..., D]` with `vectors` inputs `[D]` behind `rows` inputs of one shape. */
const inferRows =
  (rows: number, vectors: number, result: "rows" | "vector") =>
  (
    _: unknown,
    inputs: readonly Signature[],
  ): Result<string, Signature> => {
    const [x] = inputs;
    const width = x?.shape.slice(-1) ?? [];
    const fits = x !== undefined && inputs.length === rows + vectors &&
      width.length === 1 &&
      inputs.every(({ shape, dtype }, i) =>
        dtype === "float32" && sameShape(shape, i < rows ? x.shape : width)
      );
    return fits
      ? right({ shape: result === "rows" ? x.shape : width, dtype: "float32" })
      : left(`${rows} float32 tensor(s) [..., D] and ${vectors} of [D]`);
  };

/** Ba, Kiros and Hinton 2016. */
const layerNorm: OpDefinition<"layerNorm"> = {
  infer: inferRows(1, 2, "rows"),
  evaluate: (node, [x = new Float64Array(), gain, bias]) =>
    mapRows(
      node,
      [x],
      (row = new Float64Array()) =>
        standardize(row, node.attributes.epsilon).xhat
          .map((v, i) => v * (gain?.[i] ?? NaN) + (bias?.[i] ?? NaN)),
    ),
  vjp: (g, { attributes, inputs: [x = -1, gain = -1, bias = -1] }, dy) => [
    () => g.apply("layerNormGrad", attributes, [dy, x, gain]),
    () => g.apply("layerNormScaleGrad", attributes, [dy, x]),
    () => g.sumTo(dy, g.shape(bias)),
  ],
  flops: free,
};

const layerNormGrad: OpDefinition<"layerNormGrad"> = {
  infer: inferRows(2, 1, "rows"),
  evaluate: (node, [dy = new Float64Array(), x = new Float64Array(), gain]) =>
    mapRows(
      node,
      [dy, x],
      (dyRow = new Float64Array(), row = new Float64Array()) => {
        const { xhat, rstd } = standardize(row, node.attributes.epsilon);
        const scaled = dyRow.map((v, i) => v * (gain?.[i] ?? NaN));
        const [offset, slope] = [mean(scaled), dot(scaled, xhat) / xhat.length];
        return scaled.map((v, i) =>
          rstd * (v - offset - (xhat[i] ?? NaN) * slope)
        );
      },
    ),
  vjp: noGradient,
  flops: free,
};

const layerNormScaleGrad: OpDefinition<"layerNormScaleGrad"> = {
  infer: inferRows(2, 0, "vector"),
  evaluate: (node, [dy, x = new Float64Array()]) => {
    const width = node.shape[0] ?? 1;
    const out = new Float64Array(width);
    for (let start = 0; start < x.length; start += width) {
      const { xhat } = standardize(
        x.subarray(start, start + width),
        node.attributes.epsilon,
      );
      xhat.forEach((v, i) =>
        out[i] = (out[i] ?? 0) + v * (dy?.[start + i] ?? NaN)
      );
    }
    return out;
  },
  vjp: noGradient,
  flops: free,
};

const l2Normalize: OpDefinition<"l2Normalize"> = {
  infer: inferUnary,
  evaluate: (node, inputs) =>
    mapRows(node, inputs, (x = new Float64Array()) => {
      const length = Math.max(Math.sqrt(dot(x, x)), 1e-12);
      return x.map((v) => v / length);
    }),
  vjp: noGradient,
  flops: free,
};

/** Normalisations and their gradients. */
export const normalizationOps: OpDefinitions<
  "layerNorm" | "layerNormGrad" | "layerNormScaleGrad" | "l2Normalize"
> = { layerNorm, layerNormGrad, layerNormScaleGrad, l2Normalize };
