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

/** Records dispatches in a pass, in their order. */
export function recordIn(
  pass: GPUComputePassEncoder,
  dispatches: readonly Dispatch[],
): void {
  for (const { pipeline, group, workgroups } of dispatches) {
    pass.setPipeline(pipeline.pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(...workgroups);
  }
}

/** Buffers that the code writes. */
function writtenBy(
  code: string,
  resources: readonly GPUBufferBinding[],
): ReadonlySet<GPUBuffer> {
  const accesses = accessesOf(code);
  const written = resources.filter((_, i) => accesses[i] === "read_write");
  return new Set(written.map(({ buffer }) => buffer));
}

/** Bindings that are only read by the code, and lie in a buffer that the kernel writes. */
function writtenBesides(
  code: string,
  resources: readonly GPUBufferBinding[],
): readonly number[] {
  const accesses = accessesOf(code);
  const written = writtenBy(code, resources);
  return resources.flatMap(({ buffer }, binding) =>
    accesses[binding] === "read" && written.has(buffer) ? [binding] : []
  );
}

/**
 * For each binding the first in the same place, where that place lies in a buffer that
 * the kernel writes: all of such a buffer is bound for writing, and that only once.
 */
function firstOfPlaces(
  code: string,
  resources: readonly GPUBufferBinding[],
): readonly number[] {
  const written = writtenBy(code, resources);
  return resources.map(({ buffer, offset, size }, binding) =>
    written.has(buffer)
      ? resources.findIndex((other) =>
        other.buffer === buffer && other.offset === offset &&
        other.size === size
      )
      : binding
  );
}

/** Binds calls on a device. */
export function binder(device: GPUDevice, pipelines: Pipelines) {
  const dispatch = (
    { name, code }: Pick<Call, "name" | "code">,
    resources: readonly GPUBufferBinding[],
    workgroups: Workgroups,
  ): Dispatch => {
    const written = writtenBesides(code, resources);
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
    const { code, bindings } = joinBindings(
      kernel.code,
      firstOfPlaces(kernel.code, resources),
    );
    return dispatch(
      { name: kernel.name, code },
      bindings.map((binding) => resources[binding]!),
      kernel.workgroups,
    );
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
