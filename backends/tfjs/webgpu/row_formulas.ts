/**
 * The ops on rows as formulas of WGSL.
 *
 * @module
 */
import type { Reduction, RowFormula } from "./row_shader.ts";
import { literal } from "./shader.ts";

/** `softmax(x0)`. */
export const SOFTMAX: RowFormula = {
  key: "softmax",
  reductions: [
    { name: "top", by: "max", term: "x0[i]" },
    { name: "total", by: "sum", term: "exp(x0[i] - top)" },
  ],
  value: "exp(x0[i] - top) / total",
};

/** `x0 − ln Σ exp(x0)`. */
export const LOG_SOFTMAX: RowFormula = {
  key: "logSoftmax",
  reductions: [
    { name: "top", by: "max", term: "x0[i]" },
    { name: "total", by: "sum", term: "exp(x0[i] - top)", then: "log(total)" },
  ],
  value: "x0[i] - top - total",
};

/** Gradient of softmax: `x0` is that of the result `x1`. */
export const SOFTMAX_GRAD: RowFormula = {
  key: "softmaxGrad",
  reductions: [{ name: "mean", by: "sum", term: "x0[i] * x1[i]" }],
  value: "x1[i] * (x0[i] - mean)",
};

/** `x0 / ‖x0‖`. */
export const L2_NORMALIZE: RowFormula = {
  key: "l2Normalize",
  reductions: [{
    name: "norm",
    by: "sum",
    term: "x0[i] * x0[i]",
    then: "max(sqrt(norm), 1e-12)",
  }],
  value: "x0[i] / norm",
};

/** Mean and inverse deviation of a row of `x`. */
const moments = (
  x: string,
  width: number,
  epsilon: number,
): readonly Reduction[] => [
  { name: "mean", by: "sum", term: `${x}[i]`, then: `mean / ${width}.0` },
  {
    name: "rstd",
    by: "sum",
    term: `(${x}[i] - mean) * (${x}[i] - mean)`,
    then: `1.0 / sqrt(rstd / ${width}.0 + ${literal(epsilon)})`,
  },
];

/** Layer normalisation of `x0` with gain `x1` and bias `x2`. */
export function layerNormFormula(width: number, epsilon: number): RowFormula {
  return {
    key: `layerNorm ${epsilon}`,
    reductions: moments("x0", width, epsilon),
    value: "(x0[i] - mean) * rstd * x1[at] + x2[at]",
  };
}

/** Its gradient: `x0` is that of the result, `x1` the input, `x2` the gain. */
export function layerNormGradFormula(
  width: number,
  epsilon: number,
): RowFormula {
  return {
    key: `layerNormGrad ${epsilon}`,
    reductions: [
      ...moments("x1", width, epsilon),
      {
        name: "offset",
        by: "sum",
        term: "x0[i] * x2[at]",
        then: `offset / ${width}.0`,
      },
      {
        name: "slope",
        by: "sum",
        term: "x0[i] * x2[at] * (x1[i] - mean) * rstd",
        then: `slope / ${width}.0`,
      },
    ],
    value: "rstd * (x0[i] * x2[at] - offset - (x1[i] - mean) * rstd * slope)",
  };
}

/** What `layerNormScaleGrad` sums over rows: `x0` times the normalised `x1`. */
export function scaledByNormFormula(
  width: number,
  epsilon: number,
): RowFormula {
  return {
    key: `scaledByNorm ${epsilon}`,
    reductions: moments("x1", width, epsilon),
    value: "x0[i] * (x1[i] - mean) * rstd",
  };
}
