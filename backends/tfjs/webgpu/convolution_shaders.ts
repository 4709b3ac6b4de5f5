/**
 * Programs of convolution and its gradients. Each number of a result is a sum of its
 * own, so nothing is laid out twice and the order of addition is always the same.
 */
import {
  type ConvolutionExtents,
  type Shape,
  sizeOf,
} from "../../../core/mod.ts";
import type { SumPlan } from "./composed_launches.ts";
import { flatShader, MOST_TURNS, type Shader } from "./shader.ts";

/** WGSL that takes a position in a row-major tensor apart. */
function coordinates(names: readonly string[], shape: Shape): string {
  return names.map((name, axis) => {
    const block = sizeOf(shape.slice(axis + 1));
    const extent = shape[axis] ?? 1;
    return `let ${name} = index / ${block} % ${extent};`;
  }).join("\n");
}

const keyOf = (extents: ConvolutionExtents): string =>
  Object.values(extents).flat().join(" ");

/** WGSL that sums over an index. */
const over = (name: string, count: number, body: string): string =>
  `for (var ${name} = 0; ${name} < ${count}; ${name}++) {\n${body}\n}`;

/** WGSL that goes on only if the row `y` and the column `x` of an image are in it. */
const ifInside = ([H, W]: readonly number[], body: string): string =>
  `if (y >= 0 && y < ${H} && x >= 0 && x < ${W}) {\n${body}\n}`;

/** Turns of loops in one another. */
const turnsOf = (...counts: readonly number[]): number =>
  counts.reduceRight((inner, count) => count * (inner + 1), 0);

const summing = (body: string): string =>
  `var sum = 0.0;\n${body}\nresult[index] = sum;`;

/** `x0` images, `x1` kernels. */
export function convolutionShader(extents: ConvolutionExtents): Shader {
  const { batch: B, inputs: C, outputs: O, stride, padding } = extents;
  const { image: [H, W], kernel: [h, w], result: [P, Q] } = extents;
  const product = `let y = p * ${stride} + i - ${padding};
let x = q * ${stride} + j - ${padding};
${
    ifInside(
      [H, W],
      `sum += x0[((b * ${C} + c) * ${H} + y) * ${W} + x]
  * x1[((o * ${C} + c) * ${h} + i) * ${w} + j];`,
    )
  }`;
  return flatShader(
    `conv2d ${keyOf(extents)}`,
    B * O * P * Q,
    `${coordinates(["b", "o", "p", "q"], [B, O, P, Q])}
${summing(over("c", C, over("i", h, over("j", w, product))))}`,
    "",
    turnsOf(C, h, w),
  );
}

/** `x0` gradients of results, `x1` kernels. */
export function inputGradShader(extents: ConvolutionExtents): Shader {
  const { batch: B, inputs: C, outputs: O, stride, padding } = extents;
  const { image: [H, W], kernel: [h, w], result: [P, Q] } = extents;
  const product = `let ahead = y + ${padding} - i;
let along = x + ${padding} - j;
let p = ahead / ${stride};
let q = along / ${stride};
if (ahead >= 0 && along >= 0 && p * ${stride} == ahead && q * ${stride} == along
    && p < ${P} && q < ${Q}) {
  sum += x0[((b * ${O} + o) * ${P} + p) * ${Q} + q]
    * x1[((o * ${C} + c) * ${h} + i) * ${w} + j];
}`;
  return flatShader(
    `conv2dInputGrad ${keyOf(extents)}`,
    B * C * H * W,
    `${coordinates(["b", "c", "y", "x"], [B, C, H, W])}
${summing(over("o", O, over("i", h, over("j", w, product))))}`,
    "",
    turnsOf(O, h, w),
  );
}

/**
 * `x0` gradients of results, `x1` images. The rows of all images are shared among
 * several invocations, if they are too many for one.
 */
export function weightGradShader(extents: ConvolutionExtents): SumPlan {
  const { batch: B, inputs: C, outputs: O, stride, padding } = extents;
  const { image: [H, W], kernel: [h, w], result: [P, Q] } = extents;
  const share = Math.max(1, Math.floor(MOST_TURNS / (Q + 1)));
  const parts = Math.ceil(B * P / share);
  const rows = Math.ceil(B * P / parts);
  const product = `let y = p * ${stride} + i - ${padding};
let x = q * ${stride} + j - ${padding};
${
    ifInside(
      [H, W],
      `line += x0[((b * ${O} + o) * ${P} + p) * ${Q} + q]
  * x1[((b * ${C} + c) * ${H} + y) * ${W} + x];`,
    )
  }`;
  // A sum of sums rounds less than one long sum.
  const body = `let begin = index / ${O * C * h * w} * ${rows};
var sum = 0.0;
for (var row = begin; row < min(begin + ${rows}, ${B * P}); row++) {
  let b = row / ${P};
  let p = row % ${P};
  var line = 0.0;
  ${over("q", Q, product)}
  sum += line;
}
result[index] = sum;`;
  const shader = flatShader(
    `conv2dWeightGrad ${keyOf(extents)}`,
    parts * O * C * h * w,
    `${coordinates(["o", "c", "i", "j"], [O, C, h, w])}\n${body}`,
    "",
    turnsOf(rows, Q),
  );
  return { parts, shader };
}
