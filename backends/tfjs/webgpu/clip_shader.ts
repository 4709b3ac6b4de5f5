/** The factor that clips gradients as a program for TensorFlow.js on WebGPU. */
import { CLIP_EPSILON } from "../../../core/mod.ts";
import { flatShader, literal, type Shader } from "./shader.ts";

/**
 * A program of one invocation: a few hundred sums of squares make one number.
 *
 * @param count Sums of squares.
 * @param maxNorm The length up to which nothing is clipped.
 */
export function clipShader(count: number, maxNorm: number): Shader {
  return flatShader(
    `clip ${count} ${maxNorm}`,
    1,
    // By the largest: the sum of all squares may leave the range of float32.
    `var top = 1.0;
  for (var i = 0; i < ${count}; i++) { top = max(top, sqrt(x0[i])); }
  var sum = 0.0;
  for (var i = 0; i < ${count}; i++) {
    let part = sqrt(x0[i]) / top;
    sum += part * part;
  }
  let length = top * sqrt(sum) + ${literal(CLIP_EPSILON)};
  result[index] = min(1.0, ${literal(maxNorm)} / length);`,
    "",
    2 * count,
  );
}
