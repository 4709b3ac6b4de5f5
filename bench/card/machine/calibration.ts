/** Arithmetic that keeps a card busy for a known number of operations. */
import { type MadeKernel, makeKernel } from "./made_kernel.ts";

/** Turns of the loop, and multiply-adds of each chain in one of them. */
const [TURNS, UNROLLED] = [256, 16] as const;

/** Multiply-adds on independent chains of four numbers, nothing read but a seed. */
export interface FmaKernel extends MadeKernel {
  /** Operations of one dispatch. */
  readonly operations: number;
}

/**
 * A kernel of multiply-adds.
 *
 * @param chains Independent chains of `vec4<f32>`.
 * @param workgroups Workgroups of 256.
 */
export function fmaKernel(
  device: GPUDevice,
  chains: number,
  workgroups: number,
): FmaKernel {
  const names = Array.from({ length: chains }, (_, i) => `c${i}`);
  const turn = Array.from(
    { length: UNROLLED },
    () => names.map((c) => `${c} = fma(${c}, m, a);`).join(" "),
  ).join("\n");
  const code =
    `@group(0) @binding(0) var<storage, read_write> out : array<vec4<f32>>;
@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id : vec3<u32>) {
let seed = f32(id.x % 61u);
let m = vec4<f32>(0.999 - seed * 1e-6);
let a = vec4<f32>(seed * 1e-3);
${names.map((c, i) => `var ${c} = vec4<f32>(seed + ${i}.0);`).join("\n")}
for (var i = 0; i < ${TURNS}; i++) {
${turn}
}
out[id.x] = ${names.join(" + ")};
}`;
  const out = device.createBuffer({
    size: 16 * 256 * workgroups,
    usage: GPUBufferUsage.STORAGE,
  });
  const operations = 8 * chains * TURNS * UNROLLED * 256 * workgroups;
  return { ...makeKernel(device, code, [out], [workgroups, 1, 1]), operations };
}

/** Records a long piece of work so many times. */
export function calibration(
  device: GPUDevice,
): (repeats: number) => (pass: GPUComputePassEncoder) => void {
  const kernel = fmaKernel(device, 4, 64);
  return (repeats) => (pass) => kernel.record(pass, repeats);
}
