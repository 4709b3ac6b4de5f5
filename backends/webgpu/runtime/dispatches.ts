/** Calls bound to places: what is left is to record them. */
import type {
  Call,
  GroupedKernel,
  Kernel,
  ValueId,
  Workgroups,
} from "../wgsl/command_list.ts";
import { partitionsOf } from "./groups.ts";
import { joinBindings } from "./joined_bindings.ts";
import { accessesOf, type Pipeline, type Pipelines } from "./pipelines.ts";
import type { Region } from "./memory/slabs.ts";

/** A dispatch that can be recorded. */
export interface Dispatch {
  /** The compiled kernel. */
  readonly pipeline: Pipeline;
  /** Its bindings. */
  readonly group: GPUBindGroup;
  /** Its size. */
  readonly workgroups: Workgroups;
  /** The table of a grouped kernel, which is its own. */
  readonly table?: GPUBuffer;
}

/** Places of the values of a command list. */
export type RegionOf = (value: ValueId) => Region;

/** Bindings that are only read by the code, and lie in a buffer that the kernel writes. */
function writtenBesides(
  code: string,
  buffers: readonly GPUBuffer[],
): readonly number[] {
  const accesses = accessesOf(code);
  const written = new Set(
    buffers.filter((_, binding) => accesses[binding] === "read_write"),
  );
  return buffers.flatMap((buffer, binding) =>
    accesses[binding] === "read" && written.has(buffer) ? [binding] : []
  );
}

/** Binds calls on a device. */
export function binder(device: GPUDevice, pipelines: Pipelines) {
  const dispatch = (
    { name, code }: Pick<Call, "name" | "code">,
    resources: readonly GPUBufferBinding[],
    workgroups: Workgroups,
  ): Dispatch => {
    const buffers = resources.map(({ buffer }) => buffer);
    const written = writtenBesides(code, buffers);
    const pipeline = pipelines.of(name, code, written);
    const group = device.createBindGroup({
      layout: pipeline.layout,
      entries: resources.map((resource, binding) => ({ binding, resource })),
    });
    return { pipeline, group, workgroups };
  };
  const single = (kernel: Kernel, regionOf: RegionOf): Dispatch => {
    const resources = kernel.bindings.map(({ value }) => {
      const { buffer, offset, bytes } = regionOf(value);
      return { buffer, offset, size: bytes };
    });
    return dispatch(kernel, resources, kernel.workgroups);
  };
  const grouped = (group: GroupedKernel, regionOf: RegionOf) =>
    partitionsOf(group, regionOf).map(({ buffers, table, workgroups }) => {
      const records = device.createBuffer({
        size: Math.max(16, table.byteLength),
        usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST,
      });
      device.queue.writeBuffer(records, 0, table);
      const all = [records, ...buffers];
      const firstOf = all.map((buffer) => all.indexOf(buffer));
      const { code, bindings } = joinBindings(group.code, firstOf);
      const resources = bindings.map((binding) => ({ buffer: all[binding]! }));
      const joined = { name: group.name, code };
      return { ...dispatch(joined, resources, workgroups), table: records };
    });
  return (call: Call, regionOf: RegionOf): readonly Dispatch[] =>
    call._tag === "Kernel" ? [single(call, regionOf)] : grouped(call, regionOf);
}
