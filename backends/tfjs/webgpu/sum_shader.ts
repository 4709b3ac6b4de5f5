/**
 * Programs that sum over axes.
 *
 * @module
 */
import { type Shape, sizeOf } from "../../../core/mod.ts";
import { padRank, stridesOf } from "../../../core/graph/shape.ts";
import { positionIn } from "./element_shaders.ts";
import { flatShader, type Shader } from "./shader.ts";

/** Longest sum that one invocation takes on. */
const LONGEST = 256;

/** A program that makes one or several partial sums of each number. */
export interface SumPlan {
  /** Sums, or partial sums `[parts, …]`. */
  readonly shader: Shader;
  /** How many; 1 if there is nothing left to sum. */
  readonly parts: number;
}

/**
 * A program that sums a tensor `from` down to `to`, in parts if the sums are
 * long: an invocation alone would take too long, and the others would idle.
 */
export function sumShader(from: Shape, to: Shape): SumPlan {
  const target = padRank(to, from.length);
  const strides = stridesOf(from);
  const kept = from.map((extent, i) => target[i] === 1 ? 1 : extent);
  const summed = from.map((extent, i) => target[i] === 1 ? extent : 1);
  const [size, count] = [sizeOf(to), sizeOf(summed)];
  const parts = count > LONGEST ? Math.ceil(Math.sqrt(count)) : 1;
  const terms = Math.ceil(count / parts);
  const start = positionIn(kept, strides, "number");
  const step = positionIn(summed, strides, "term");
  return {
    parts,
    shader: flatShader(
      `sum ${terms} ${start} ${step} ${count}`,
      size * parts,
      `let number = index % ${size};
  let begin = index / ${size} * ${terms};
  var sum = 0.0;
  for (var term = begin; term < min(begin + ${terms}, ${count}); term++) {
    sum += x0[${start} + ${step}];
  }
  result[index] = sum;`,
      "",
      terms,
    ),
  };
}
