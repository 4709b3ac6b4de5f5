/**
 * Programs that compute each number of the result alone: maps, the formulas of GELU,
 * and moves.
 */
import { type Shape, type Signature, sizeOf } from "../../../core/mod.ts";
import { stridesOf } from "../../../core/graph/shape.ts";
import { broadcastStrides, loopNest } from "../host/strided.ts";
import { flatShader, type Shader } from "./shader.ts";

/** WGSL for `Σ coordinate·stride` of a position in a row-major tensor. */
export function positionIn(
  shape: Shape,
  strides: readonly number[],
  index: string,
): string {
  const { extents, strides: [steps = []] } = loopNest(shape, [strides]);
  const blocks = stridesOf(extents);
  const terms = extents.flatMap((extent, axis) => {
    const step = steps[axis] ?? 0;
    if (step === 0) return [];
    const block = blocks[axis] ?? 1;
    const quotient = block === 1 ? index : `${index} / ${block}`;
    const coordinate = axis === 0 ? quotient : `(${quotient}) % ${extent}`;
    return [step === 1 ? `(${coordinate})` : `(${coordinate}) * ${step}`];
  });
  return terms.length === 0 ? "0" : terms.join(" + ");
}

/** `result[i] = expression` where `x0`, `x1`, … in it stand for numbers of the broadcast inputs. */
export function mapShader(
  op: string,
  shape: Shape,
  inputs: readonly Shape[],
  expression: string,
  declarations = "",
): Shader {
  const reads = inputs.map((from, i) =>
    `let v${i} = x${i}[${
      positionIn(shape, broadcastStrides(from, shape), "index")
    }];`
  );
  return flatShader(
    `${op} ${[shape, ...inputs].join("|")}`,
    sizeOf(shape),
    `${reads.join("\n")}\nresult[index] = ${expression};`,
    declarations,
  );
}

/** `result[i] = x0[position(i)]`, read in strides. */
export function stridedShader(
  shape: Shape,
  strides: readonly number[],
  offset = 0,
): Shader {
  const position = positionIn(shape, strides, "index");
  return flatShader(
    `strided ${offset} ${position}`,
    sizeOf(shape),
    `result[index] = x0[${offset} + ${position}];`,
  );
}

/** Extent of the blocks that an axis and all behind it make. */
const blockOf = (shape: Shape, axis: number): number =>
  sizeOf(shape.slice(axis));

/**
 * The normal distribution in float32. `erf` follows Abramowitz and Stegun 1964,
 * 7.1.26, to 1.5e-7; beyond `|x| = 6` nothing is left of the tails, and the
 * exponential would leave the range of float32 for infinite arguments.
 */
export const NORMAL_DISTRIBUTION = `
fn normalCdf(x : f32) -> f32 {
  let z = min(abs(x) * 0.70710678, 4.3);
  let t = 1.0 / (1.0 + 0.3275911 * z);
  let series = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t
    - 0.284496736) * t + 0.254829592) * t;
  let tail = 0.5 * series * exp(-z * z);
  return select(tail, 1.0 - tail, x >= 0.0);
}
fn normalPdf(x : f32) -> f32 {
  return 0.39894228 * exp(-0.5 * x * x);
}`;

/** `x·Φ(x)` of `v0`. */
export const GELU = "v0 * normalCdf(v0)";

/** Slope of GELU at `v1` times `v0`. */
export const GELU_GRAD = "v0 * (normalCdf(v1) + v1 * normalPdf(v1))";

/** Copies a tensor into a larger one, at an offset along one axis; zeros around. */
export function padShader(
  { shape, dtype }: Signature,
  from: Shape,
  axis: number,
  before: number,
): Shader {
  const [to, size] = [blockOf(shape, axis), blockOf(from, axis)];
  const start = before * blockOf(shape, axis + 1);
  return flatShader(
    `pad ${to} ${size} ${start}`,
    sizeOf(shape),
    `let within = index % ${to} - ${start};
  let inside = within >= 0 && within < ${size};
  let source = index / ${to} * ${size} + clamp(within, 0, ${size - 1});
  result[index] = select(${
      dtype === "int32" ? "0" : "0.0"
    }, x0[source], inside);`,
  );
}

/** Lays two tensors one behind the other along an axis. */
export function concatShader(a: Shape, b: Shape, axis: number): Shader {
  const [sizeA, sizeB] = [blockOf(a, axis), blockOf(b, axis)];
  const to = sizeA + sizeB;
  return flatShader(
    `concat ${sizeA} ${sizeB}`,
    sizeOf(a) + sizeOf(b),
    `let block = index / ${to};
  let within = index % ${to};
  if (within < ${sizeA}) { result[index] = x0[block * ${sizeA} + within]; }
  else { result[index] = x1[block * ${sizeB} + within - ${sizeA}]; }`,
  );
}

/** Row `index[b, m]` of each sample: `x0 [B, rows, width]`, `x1 [B, picks]`. */
export function gatherShader(
  rows: number,
  picks: number,
  width: number,
  count: number,
): Shader {
  return flatShader(
    `gather ${rows} ${picks} ${width}`,
    count,
    `let pick = index / ${width};
  let row = pick / ${picks} * ${rows} + x1[pick];
  result[index] = x0[row * ${width} + index % ${width}];`,
  );
}

/** Sum of the rows of `x0 [B, picks, width]` whose index `x1 [B, picks]` is the row of the result. */
export function scatterShader(
  rows: number,
  picks: number,
  width: number,
  count: number,
): Shader {
  return flatShader(
    `scatter ${rows} ${picks} ${width}`,
    count,
    `let first = index / ${rows * width} * ${picks};
  let row = index / ${width} % ${rows};
  var sum = 0.0;
  for (var pick = first; pick < first + ${picks}; pick++) {
    if (x1[pick] == row) { sum += x0[pick * ${width} + index % ${width}]; }
  }
  result[index] = sum;`,
    "",
    picks,
  );
}
