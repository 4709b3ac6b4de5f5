/** Pictures in bytes on their way to the device, which turns them into real numbers. */
import type { HostPixels } from "../../../backend.ts";
import { LEVELS } from "../../../pixel_numbers.ts";
import { flatWorkgroups, MOST_WORKGROUPS } from "../../wgsl/kernel_writer.ts";
import { idleBuffers } from "./idle_buffers.ts";
import type { Region } from "./slabs.ts";

/** Writes pictures to regions, whose bytes up to the next multiple of 16 are free. */
export interface Pixels {
  /** Sends the bytes; the numbers are there after the next `flush`. */
  write(region: Region, pixels: HostPixels): void;
  /** Forgets what waits for a region that was given back. */
  forget(region: Region): void;
  /** Hands over the work that turns bytes into numbers. */
  flush(): void;
  /** Destroys the buffers. */
  dispose(): void;
}

/** Words before the table: words of pixels, numbers of a plane, channels, the first group of four in the goal. */
const HEAD = 4;

/** Most goals whose binding is kept with a buffer. */
const MOST_GOALS = 16;

/** Invocations of a workgroup. */
const WORKGROUP = 64;

/** An invocation turns four bytes into four numbers by the table of their channels. */
const CODE = `@group(0) @binding(0) var<storage, read> given : array<u32>;
@group(0) @binding(1) var<storage, read_write> goal : array<vec4<f32>>;
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(workgroup_id) group : vec3<u32>, @builtin(local_invocation_index) local : u32) {
  let word = (group.x + ${MOST_WORKGROUPS}u * group.y) * ${WORKGROUP}u + local;
  if (word < given[0]) {
    let channels = given[2];
    let place = vec4<u32>(4u * word) + vec4<u32>(0u, 1u, 2u, 3u);
    let channel = (place / vec4<u32>(given[1])) % vec4<u32>(channels);
    let bytes = vec4<u32>(given[${HEAD}u + ${LEVELS}u * channels + word]);
    let level = (bytes >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(255u);
    let entry = vec4<u32>(${HEAD}u) + ${LEVELS}u * channel + level;
    goal[given[3] + word] = vec4<f32>(
      bitcast<f32>(given[entry.x]), bitcast<f32>(given[entry.y]),
      bitcast<f32>(given[entry.z]), bitcast<f32>(given[entry.w]));
  }
}`;

/** Memory for bytes, with its bindings to the buffers that pictures went to. */
interface Stage {
  readonly buffer: GPUBuffer;
  readonly groups: Map<GPUBuffer, GPUBindGroup>;
}

/** The head, and each channel's number of each level. */
function headOf(
  { shape, levels }: HostPixels,
  words: number,
  goal: number,
): Uint32Array<ArrayBuffer> {
  const [, channels = 1, height = 1, width = 1] = shape;
  const head = new Uint32Array(HEAD + LEVELS * channels);
  head.set([words, height * width, channels, goal]);
  const tables = new Float32Array(head.buffer, 4 * HEAD);
  levels.forEach((table, c) => tables.set(table, LEVELS * c));
  return head;
}

/** Bytes of whole words, and the rest filled up with zeros. */
function wordsOf(data: Uint8Array): readonly Uint8Array<ArrayBuffer>[] {
  const whole = data.length - data.length % 4;
  const rest = new Uint8Array(data.length > whole ? 4 : 0);
  rest.set(data.subarray(whole));
  const isPlain = data.buffer instanceof ArrayBuffer;
  const first = isPlain ? data.subarray(0, whole) : data.slice(0, whole);
  return [first as Uint8Array<ArrayBuffer>, rest];
}

/** The kernel's pipeline on a device, made when it is first needed. */
function converterOn(device: GPUDevice): () => GPUComputePipeline {
  let made: GPUComputePipeline | undefined;
  return () =>
    made ??= device.createComputePipeline({
      label: "pixels",
      layout: "auto",
      compute: {
        module: device.createShaderModule({ code: CODE, label: "pixels" }),
        entryPoint: "main",
      },
    });
}

/** Pictures on a device. */
export function pixelsTo(device: GPUDevice): Pixels {
  const converter = converterOn(device);
  const idle = idleBuffers((bytes): Stage => ({
    buffer: device.createBuffer({
      size: 256 * Math.ceil(bytes / 256),
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST,
    }),
    groups: new Map(),
  }));
  const waiting = new Map<Region, { stage: Stage; words: number }>();
  const groupOf = ({ buffer, groups }: Stage, goal: GPUBuffer) => {
    const known = groups.get(goal);
    if (known !== undefined) return known;
    if (groups.size === MOST_GOALS) groups.clear();
    const group = device.createBindGroup({
      layout: converter().getBindGroupLayout(0),
      entries: [buffer, goal].map((buffer, binding) => ({
        binding,
        resource: { buffer },
      })),
    });
    groups.set(goal, group);
    return group;
  };
  const forget = (region: Region): void => {
    const found = waiting.get(region);
    if (waiting.delete(region)) idle.giveBack(found!.stage);
  };
  return {
    write: (region, pixels) => {
      const words = Math.ceil(pixels.data.length / 4);
      const head = headOf(pixels, words, region.offset / 16);
      const stage = idle.take(head.byteLength + 4 * words);
      let end = 0;
      for (const part of [head, ...wordsOf(pixels.data)]) {
        if (part.byteLength === 0) continue;
        device.queue.writeBuffer(stage.buffer, end, part);
        end += part.byteLength;
      }
      waiting.set(region, { stage, words });
    },
    forget,
    flush: () => {
      if (waiting.size === 0) return;
      const encoder = device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      pass.setPipeline(converter());
      for (const [{ buffer }, { stage, words }] of waiting) {
        pass.setBindGroup(0, groupOf(stage, buffer));
        pass.dispatchWorkgroups(
          ...flatWorkgroups(Math.ceil(words / WORKGROUP)),
        );
      }
      pass.end();
      device.queue.submit([encoder.finish()]);
      [...waiting.keys()].forEach(forget);
    },
    dispose: () => {
      [...waiting.keys()].forEach(forget);
      idle.dispose();
    },
  };
}
