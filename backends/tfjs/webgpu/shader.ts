/** Small WGSL programs on the TensorFlow.js WebGPU backend. */
import type {
  WebGPUBackend,
  WebGPUProgram,
} from "npm:@tensorflow/tfjs-backend-webgpu@4.22.0";
import { type Signature, sizeOf } from "../../../core/mod.ts";
import type { Launch, StoredTensor } from "../device.ts";

/**
 * Source of a program. All tensors are flat arrays in it: `x0`, `x1`, … are
 * the inputs, `result` the output. Sizes are written into the code as literals,
 * so the compiler can turn divisions into multiplications; the price is a
 * pipeline for each shape.
 */
export interface Shader {
  /** Distinguishes the program from all others that have other code. */
  readonly key: string;
  /** Functions and workgroup variables before `main`. */
  readonly declarations?: string;
  /** Body of `main(index)`. */
  readonly body: string;
  /** Invocations of a workgroup. */
  readonly workgroup: number;
  /** Number of workgroups; `main` may be called for more. */
  readonly workgroups: number;
  /** Turns of all loops of an invocation together, at most; by default few. */
  readonly turns?: number;
}

/**
 * Turns after which Mesa's software adapter ends the loops of an invocation, all of them
 * together, without a word. Graphics processors have no such limit, but what a program
 * does alone for so long is better shared among many.
 */
export const MOST_TURNS = 65_535;

/** Invocations of a workgroup that do not cooperate. */
const FLAT_WORKGROUP = 64;

/** A program that runs `body` with `index` from 0 to `count − 1`, in any order. */
export function flatShader(
  key: string,
  count: number,
  body: string,
  declarations = "",
  turns = 0,
): Shader {
  return {
    key: `${key} ${count}`,
    declarations,
    turns,
    body: `if (index >= ${count}) { return; }\n${body}`,
    workgroup: FLAT_WORKGROUP,
    workgroups: Math.ceil(count / FLAT_WORKGROUP),
  };
}

/** A number as WGSL writes it. */
export function literal(value: number): string {
  const text = String(Math.fround(value));
  return /[.e]/.test(text) ? `f32(${text})` : `${text}.0`;
}

const flat = (tensor: StoredTensor): StoredTensor => ({
  ...tensor,
  shape: [sizeOf(tensor.shape)],
});

/** The library fills some fields of a program in, so each launch needs its own. */
function programOf(
  { key, declarations = "", body, workgroup, workgroups }: Shader,
  inputs: number,
  size: number,
): WebGPUProgram {
  return {
    variableNames: Array.from({ length: inputs }, (_, i) => `x${i}`),
    outputShape: [size],
    workgroupSize: [workgroup, 1, 1],
    dispatchLayout: { x: [0] },
    dispatch: [workgroups, 1, 1],
    shaderKey: key,
    size: true,
    // The uniforms must be used, or the pipeline's layout has no place for them.
    getUserCode: () =>
      `${declarations}
fn main(index : i32) {
  if (uniforms.size < 0) { return; }
  ${body}
}`,
  };
}

/** Launches a program whose output has the given signature. */
export function launchShader(
  backend: WebGPUBackend,
  shader: Shader,
  { shape, dtype }: Signature,
): Launch {
  const size = sizeOf(shape);
  return (inputs) => {
    const out = backend.runWebGPUProgram(
      programOf(shader, inputs.length, size),
      inputs.map(flat),
      dtype,
    );
    return { ...out, shape: [...shape] };
  };
}
