/**
 * Programs on rows: reductions over the last axis, then a map; and the formulas of
 * softmax and the normalisations.
 */
import { flatShader, literal, type Shader } from "./shader.ts";

/** A number of each row: its name and the terms that are summed or whose maximum is taken. */
interface Reduction {
  /** Name, for later expressions. */
  readonly name: string;
  /** Operation that joins terms. */
  readonly by: "sum" | "max";
  /** WGSL of the term at position `at` of the row; `i` is the position in the tensor. */
  readonly term: string;
  /** WGSL made of the reduced value, for which it has the name; the value itself by default. */
  readonly then?: string;
}

/** A computation on each row. */
export interface RowFormula {
  /** Name of the op with its constants. */
  readonly key: string;
  /** In order; later ones may name earlier ones. */
  readonly reductions: readonly Reduction[];
  /** WGSL of the result at position `at` of the row; `i` is the position in the tensor. */
  readonly value: string;
}

/** Invocations of a workgroup that shares a row. */
const TEAM = 64;

/** From this width on a row is shared by a workgroup. */
const WIDE = 48;

const START = { sum: "0.0", max: "-3.4e38" } as const;

const joined = (by: Reduction["by"], a: string, b: string): string =>
  by === "sum" ? `${a} + ${b}` : `max(${a}, ${b})`;

/** One invocation for each row. */
function narrowShader(
  { key, reductions, value }: RowFormula,
  rows: number,
  width: number,
): Shader {
  const loop = (body: string): string =>
    `for (var at = 0; at < ${width}; at++) { let i = start + at; ${body} }`;
  const steps = reductions.map(({ name, by, term, then = name }) =>
    `var ${name} = ${START[by]};
  ${loop(`${name} = ${joined(by, name, term)};`)}
  ${name} = ${then};`
  );
  return flatShader(
    `${key} ${width}`,
    rows,
    `let start = index * ${width};
  ${steps.join("\n  ")}
  ${loop(`result[i] = ${value};`)}`,
    "",
    (reductions.length + 1) * width,
  );
}

/** A workgroup for each row: its invocations reduce strips, then the strips in a tree. */
function wideShader(
  { key, reductions, value }: RowFormula,
  rows: number,
  width: number,
): Shader {
  const loop = (body: string): string =>
    `for (var at = member; at < ${width}; at += ${TEAM}) { let i = start + at; ${body} }`;
  const steps = reductions.map(({ name, by, term, then = name }) =>
    `var ${name} = ${START[by]};
  ${loop(`${name} = ${joined(by, name, term)};`)}
  partial[member] = ${name};
  for (var half = ${TEAM / 2}; half > 0; half /= 2) {
    workgroupBarrier();
    if (member < half) {
      partial[member] = ${
      joined(by, "partial[member]", "partial[member + half]")
    };
    }
  }
  workgroupBarrier();
  ${name} = partial[0];
  ${name} = ${then};
  workgroupBarrier();`
  );
  // No early return: barriers must be reached by every invocation. A surplus
  // workgroup repeats the last row and writes the same numbers.
  return {
    key: `${key} ${width} team ${rows}`,
    declarations: `var<workgroup> partial : array<f32, ${TEAM}>;`,
    body: `let member = i32(localIndex);
  let start = min(index / ${TEAM}, ${rows - 1}) * ${width};
  ${steps.join("\n  ")}
  ${loop(`result[i] = ${value};`)}`,
    workgroup: TEAM,
    workgroups: rows,
    // The trees have few turns more.
    turns: (reductions.length + 1) * (Math.ceil(width / TEAM) + TEAM),
  };
}

/** A program that applies a formula to every row of `[rows, width]`. */
export function rowShader(
  formula: RowFormula,
  rows: number,
  width: number,
): Shader {
  return width < WIDE
    ? narrowShader(formula, rows, width)
    : wideShader(formula, rows, width);
}

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

/** Terms that `layerNormScaleGrad` sums over rows: `x0` times the normalised `x1`. */
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
