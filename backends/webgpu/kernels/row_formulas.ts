/** Formulas of softmax and the normalisations. */
import { literal } from "../wgsl/literal.ts";
import type { Reduction, RowFormula } from "./rows.ts";

const TOP: Reduction = { name: "top", by: "max", term: ([x]) => `${x}` };

/** `softmax(x)`. */
export const SOFTMAX: RowFormula = {
  name: "softmax",
  reductions: () => [
    TOP,
    { name: "total", by: "sum", term: ([x]) => `exp(${x} - top)` },
  ],
  value: ([x]) => `exp(${x} - top) / total`,
};

/** `x − ln Σ exp(x)`. */
export const LOG_SOFTMAX: RowFormula = {
  name: "logSoftmax",
  reductions: () => [
    TOP,
    {
      ...{ name: "total", by: "sum", term: ([x]) => `exp(${x} - top)` },
      then: (total) => `log${total}`,
    },
  ],
  value: ([x]) => `${x} - top - total`,
};

/** Gradient of softmax of `dy` and the result `y`. */
export const SOFTMAX_GRAD: RowFormula = {
  name: "softmaxGrad",
  reductions: () => [
    { name: "mean", by: "sum", term: ([dy, y]) => `${dy} * ${y}` },
  ],
  value: ([dy, y]) => `${y} * (${dy} - mean)`,
};

/** `x / ‖x‖`. */
export const L2_NORMALIZE: RowFormula = {
  name: "l2Normalize",
  reductions: () => [{
    ...{ name: "length", by: "sum", term: ([x]) => `${x} * ${x}` },
    then: (squares) => `max(sqrt${squares}, 1e-12)`,
  }],
  value: ([x]) => `${x} / length`,
};

/** Layer normalisation of `x` with gain and bias. */
export const layerNorm = (epsilon: number): RowFormula => ({
  name: "layerNorm",
  reductions: (width) => [
    {
      ...{ name: "mean", by: "sum", term: ([x]) => `${x}` },
      then: (total) => `${total} / ${width}.0`,
    },
    {
      ...{ name: "rstd", by: "sum" },
      term: ([x]) => `(${x} - mean) * (${x} - mean)`,
      then: (squares) =>
        `1.0 / sqrt(${squares} / ${width}.0 + ${literal(epsilon)})`,
    },
  ],
  value: ([x, gain, bias]) => `(${x} - mean) * rstd * ${gain} + ${bias}`,
});
