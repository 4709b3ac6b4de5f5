/** Kernels on the adapter of this machine, each value in a buffer of its own. */
import type {
  Call,
  GroupedKernel,
  Kernel,
  Value,
  ValueId,
} from "../../../backends/webgpu/wgsl/command_list.ts";
import {
  type KernelWriter,
  kernelWriter,
} from "../../../backends/webgpu/wgsl/kernel_writer.ts";
import type {
  KernelLimits,
  Lowering,
  Partials,
} from "../../../backends/webgpu/wgsl/lowering.ts";
import { type DType, type Shape, sizeOf } from "../../../core/mod.ts";

/** Limits that every adapter has. */
export const LEAST_LIMITS: KernelLimits = {
  workgroupBytes: 16_384,
  invocations: 256,
  buffers: 8,
  isGpu: false,
};

/** A lowering that keeps what is added, for generators by themselves. */
export interface TestLowering extends Lowering {
  readonly values: Value[];
  readonly calls: Call[];
  readonly partials: Partials[];
  /** A value that the test fills or reads. */
  value(shape: Shape, dtype?: DType, storage?: Value["storage"]): ValueId;
}

export function testLowering(limits = LEAST_LIMITS): TestLowering {
  const values: Value[] = [];
  const [calls, partials]: [Call[], Partials[]] = [[], []];
  const value: TestLowering["value"] = (shape, dtype = "float32", storage) => {
    const plain = dtype === "int32" ? "i32" as const : "f32" as const;
    return values.push({
      shape,
      dtype,
      storage: storage ?? plain,
      place: { _tag: "Scratch" },
    }) - 1;
  };
  return {
    values,
    calls,
    partials,
    limits,
    value,
    scratch: value,
    writer: (): KernelWriter => kernelWriter(values),
    call: (call) => void calls.push(call),
    addUp: (sums) => void partials.push(sums),
  };
}

let opened: Promise<GPUDevice> | undefined;

/** The device of this machine, with all that its adapter has; `null` where there is none. */
export async function testDevice(): Promise<GPUDevice | null> {
  const adapter = await globalThis.navigator?.gpu?.requestAdapter();
  if (!adapter) return null;
  const { maxStorageBufferBindingSize, maxBufferSize } = adapter.limits;
  return await (opened ??= adapter.requestDevice({
    requiredLimits: { maxStorageBufferBindingSize, maxBufferSize },
  }));
}

const bytesOf = ({ shape, storage }: Value): number =>
  Math.max(16, 4 * Math.ceil(sizeOf(shape) / (storage === "bf16" ? 2 : 1)));

/** The records of a grouped kernel whose values all begin their buffers. */
export function tableOf({ members }: GroupedKernel): Uint32Array<ArrayBuffer> {
  return Uint32Array.from(
    members.flatMap(({ values, blocks, words }) =>
      Array.from({ length: blocks }, (_, block) => [
        block,
        ...values.map(() => 0),
        ...words,
      ]).flat()
    ),
  );
}

/** One dispatch. A group is run member by member. */
interface Dispatch {
  readonly code: string;
  readonly name: string;
  readonly buffers: readonly GPUBuffer[];
  readonly workgroups: readonly [number, number, number];
}

/**
 * Runs calls in order.
 *
 * @param given Numbers of values; others begin as 7, so that what is not written shows.
 * @returns Numbers of the wanted values; those in bfloat16 as they lie, in pairs.
 */
export async function runCalls(
  device: GPUDevice,
  values: readonly Value[],
  calls: readonly Call[],
  given: ReadonlyMap<ValueId, ArrayLike<number>>,
  wanted: readonly ValueId[],
): Promise<readonly (Float32Array | Int32Array | Uint32Array)[]> {
  const made: GPUBuffer[] = [];
  const filled = (data: ArrayBufferView<ArrayBuffer>): GPUBuffer => {
    const buffer = device.createBuffer({
      size: Math.max(16, data.byteLength),
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST |
        GPUBufferUsage.COPY_SRC,
    });
    device.queue.writeBuffer(buffer, 0, data);
    made.push(buffer);
    return buffer;
  };
  const buffers = values.map((value, id) => {
    const Numbers = value.storage === "i32"
      ? Int32Array
      : value.storage === "bf16"
      ? Uint32Array
      : Float32Array;
    const data = new Numbers(bytesOf(value) / 4);
    const numbers = given.get(id);
    if (numbers === undefined) data.fill(7);
    else data.set(numbers);
    return filled(data);
  });
  const single = ({ code, name, bindings, workgroups }: Kernel): Dispatch => ({
    ...{ code, name, workgroups },
    buffers: bindings.map(({ value }) => buffers[value]!),
  });
  const members = (group: GroupedKernel): readonly Dispatch[] =>
    group.members.map((member) => ({
      code: group.code,
      name: group.name,
      buffers: [
        filled(tableOf({ ...group, members: [member] })),
        ...member.values.map((id) => buffers[id]!),
      ],
      workgroups: [member.blocks, 1, 1],
    }));
  const dispatches = calls.flatMap((call) =>
    call._tag === "Kernel" ? [single(call)] : members(call)
  );
  for (const dispatch of dispatches) await run(device, dispatch);
  const read = await Promise.all(wanted.map(async (id) => {
    const source = buffers[id]!;
    const copy = device.createBuffer({
      size: source.size,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(source, 0, copy, 0, source.size);
    device.queue.submit([encoder.finish()]);
    await copy.mapAsync(GPUMapMode.READ);
    const bytes = copy.getMappedRange().slice(0);
    copy.destroy();
    const { storage, shape } = values[id]!;
    return storage === "i32"
      ? new Int32Array(bytes, 0, sizeOf(shape))
      : storage === "bf16"
      ? new Uint32Array(bytes, 0, Math.ceil(sizeOf(shape) / 2))
      : new Float32Array(bytes, 0, sizeOf(shape));
  }));
  made.forEach((buffer) => buffer.destroy());
  return read;
}

async function run(
  device: GPUDevice,
  { code, name, buffers, workgroups }: Dispatch,
): Promise<void> {
  device.pushErrorScope("validation");
  const module = device.createShaderModule({ code });
  const pipeline = device.createComputePipeline({
    layout: "auto",
    compute: { module, entryPoint: "main" },
  });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(
    0,
    device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: buffers.map((buffer, binding) => ({
        binding,
        resource: { buffer },
      })),
    }),
  );
  pass.dispatchWorkgroups(...workgroups);
  pass.end();
  device.queue.submit([encoder.finish()]);
  const error = await device.popErrorScope();
  if (error !== null) throw new Error(`${name}: ${error.message}\n${code}`);
}
