/** What the card can do at most: multiply-adds, memory, and a simple product with and without inner loops. */
import { fmaKernel } from "./calibration.ts";
import { type GpuClock, openClock, timeOf } from "./gpu_clock.ts";
import { makeKernel, orThrowGpu } from "./made_kernel.ts";
import { fillRandomly, openCard } from "./open_card.ts";
import { eachCase, type Facts, type Part, short } from "../part.ts";
import {
  type Form,
  FORMS,
  productCode,
  workgroupsOf,
} from "./product_texts.ts";

/** Multiply-adds a second on so many chains of four numbers. */
async function fmaRate(
  device: GPUDevice,
  clock: GpuClock,
  chains: number,
  workgroups: number,
): Promise<Facts> {
  const kernel = await orThrowGpu(
    device,
    () => fmaKernel(device, chains, workgroups),
  );
  const ms = await timeOf(clock, kernel.record);
  return { ms: short(ms), tflops: short(kernel.operations / ms / 1e9) };
}

/** Code that copies, or only reads, four numbers by each invocation. */
const streamCode = (isCopy: boolean, invocations: number): string =>
  `@group(0) @binding(0) var<storage, read> a : array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> b : array<vec4<f32>>;
@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id : vec3<u32>, @builtin(num_workgroups) count : vec3<u32>) {
let i = id.x + id.y * count.x * 256u;
${
    isCopy ? "b[i] = a[i];" : [
      ...Array.from({ length: 4 }, (_, k) =>
        `let x${k} = a[i + ${k * invocations}u];`),
      "let x = x0 + x1 + x2 + x3;",
      "if (x.x == 12345.678) { b[0] = x; }",
    ].join("\n")
  }
}`;

/** Bytes a second through memory. */
async function streamRate(
  device: GPUDevice,
  clock: GpuClock,
  isCopy: boolean,
  bytes: number,
): Promise<Facts> {
  const invocations = bytes / 16 / (isCopy ? 1 : 4);
  const groups = invocations / 256;
  const x = Math.min(groups, 32_768);
  const made = await orThrowGpu(device, () => {
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;
    const buffers = [0, 1].map(() =>
      device.createBuffer({ size: bytes, usage })
    );
    fillRandomly(device, buffers[0]!);
    const code = streamCode(isCopy, invocations);
    return {
      buffers,
      kernel: makeKernel(device, code, buffers, [x, groups / x, 1]),
    };
  });
  const ms = await timeOf(clock, made.kernel.record);
  made.buffers.forEach((buffer) => buffer.destroy());
  const moved = isCopy ? 2 * bytes : bytes;
  return { bytes, ms: short(ms), gigabytesPerSecond: short(moved / ms / 1e6) };
}

/** Speed of a product of square matrices. */
async function productRate(
  device: GPUDevice,
  clock: GpuClock,
  form: Form,
  side: number,
): Promise<Facts> {
  const made = await orThrowGpu(device, () => {
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;
    const buffers = [0, 1, 2].map(() =>
      device.createBuffer({ size: 4 * side ** 2, usage })
    );
    buffers.slice(0, 2).forEach((buffer) => fillRandomly(device, buffer));
    const code = productCode(form, side);
    return {
      buffers,
      kernel: makeKernel(device, code, buffers, workgroupsOf(side)),
    };
  });
  const ms = await timeOf(clock, made.kernel.record);
  made.buffers.forEach((buffer) => buffer.destroy());
  return { ms: short(ms), tflops: short(2 * side ** 3 / ms / 1e9) };
}

/** The best number of some rows. */
export const bestOf = (rows: readonly Facts[], key: string): number =>
  Math.max(0, ...rows.map((row) => Number(row[key])).filter(Number.isFinite));

/** Float32 arithmetic, memory, and what unrolling is worth. */
export const ROOFS: Part = {
  name: "roofs",
  about: "multiply-adds, memory, unrolled against looped kernels",
  share: 6,
  measure: async (context) => {
    const { isTiny } = context;
    const { device } = await openCard();
    const clock = await openClock(device);
    const facts: Record<string, unknown> = { clock: clock.kind };
    const keep = (key: string) => (rows: readonly Facts[]): void => {
      facts[key] = rows;
      facts["float32Tflops"] = bestOf(facts["fma"] as Facts[] ?? [], "tflops");
      context.note({ ...facts });
    };
    const most = Math.min(
      device.limits.maxStorageBufferBindingSize,
      isTiny ? 2 ** 22 : 2 ** 29,
    );
    const megabytes = [most / 2, most].map((size) =>
      2 ** Math.floor(Math.log2(size))
    );
    const groups = isTiny ? 16 : 4096;
    await eachCase(
      context,
      (isTiny ? [4] : [2, 4, 8, 16]).map((chains) => ({ chains })),
      2,
      ({ chains }) => fmaRate(device, clock, chains, groups),
      keep("fma"),
    );
    await eachCase(
      context,
      megabytes.flatMap((bytes) =>
        ["copy", "read"].map((kind) => ({ kind, bytes }))
      ),
      2,
      ({ kind, bytes }) => streamRate(device, clock, kind === "copy", bytes),
      keep("memory"),
    );
    await eachCase(
      context,
      (isTiny ? [128] : [1024, 4096]).flatMap((side) =>
        FORMS.map((form) => ({ form, side }))
      ),
      2,
      ({ form, side }) => productRate(device, clock, form, side),
      keep("products"),
    );
  },
};
