/** Ops that may take more than one program: sums over axes, and concatenation. */
import type { WebGPUBackend } from "npm:@tensorflow/tfjs-backend-webgpu@4.22.0";
import { type Shape, type Signature, sizeOf } from "../../../core/mod.ts";
import type { Launch } from "../device.ts";
import { concatShader, positionIn } from "./element_shaders.ts";
import { flatShader, launchShader, type Shader } from "./shader.ts";
import { padRank, stridesOf } from "../../../core/graph/shape.ts";

/** Longest sum that one invocation takes on. */
const LONGEST = 256;

/** A program that makes one or several partial sums of each number. */
export interface SumPlan {
  /** Sums, or partial sums `[parts, …]`. */
  readonly shader: Shader;
  /** Count of parts; 1 if there is nothing left to sum. */
  readonly parts: number;
}

/**
 * A program that sums a tensor `from` down to `to`, in parts if the sums are
 * long: an invocation alone would take too long, and the others would idle.
 */
function sumShader(from: Shape, to: Shape): SumPlan {
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

/** Sums in one launch or two. */
export function sumLaunch(
  backend: WebGPUBackend,
  from: Shape,
  to: Shape,
): Launch {
  const { shader, parts } = sumShader(from, to);
  const size = sizeOf(to);
  const first = launchShader(backend, shader, {
    shape: parts === 1 ? to : [parts, size],
    dtype: "float32",
  });
  if (parts === 1) return first;
  const total = thenSum(backend, first, [parts, size], [size]);
  return (inputs) => ({ ...total(inputs), shape: [...to] });
}

/** Two or more tensors along one axis, one after the other. */
export function concatLaunch(
  backend: WebGPUBackend,
  [a = { shape: [], dtype: "float32" }, ...rest]: readonly Signature[],
  axis: number,
): Launch {
  const b = rest.at(-1) ?? a;
  if (rest.length > 1) {
    const front = [a, ...rest.slice(0, -1)];
    const joined = { ...a, shape: joinedShape(front, axis) };
    const first = concatLaunch(backend, front, axis);
    const second = concatLaunch(backend, [joined, b], axis);
    return (inputs) => {
      const partial = first(inputs.slice(0, -1));
      const out = second([partial, inputs.at(-1)!]);
      backend.disposeData(partial.dataId);
      return out;
    };
  }
  return launchShader(backend, concatShader(a.shape, b.shape, axis), {
    shape: joinedShape([a, b], axis),
    dtype: a.dtype,
  });
}

const joinedShape = (parts: readonly Signature[], axis: number): Shape =>
  (parts[0]?.shape ?? []).with(
    axis,
    parts.reduce((sum, { shape }) => sum + (shape[axis] ?? 0), 0),
  );

/** Runs a program of ours, then sums what it gave; nothing of it stays behind. */
export function thenSum(
  backend: WebGPUBackend,
  first: Launch,
  from: Shape,
  to: Shape,
): Launch {
  const sum = sumLaunch(backend, from, to);
  return (inputs) => {
    const partial = first(inputs);
    const out = sum([partial]);
    backend.disposeData(partial.dataId);
    return out;
  };
}
