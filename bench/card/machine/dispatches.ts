/** What a dispatch costs, with and without dependency, and what the ways to the device and back cost. */
import { type GpuClock, openClock } from "./gpu_clock.ts";
import { groupOf, orThrowGpu, pipelineOf } from "./made_kernel.ts";
import { openCard } from "./open_card.ts";
import { type Facts, median, type Part, short } from "../part.ts";

const ADD = `@group(0) @binding(0) var<storage, read_write> x : array<f32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id : vec3<u32>) { x[id.x] += 1.0; }`;

/** Median microseconds of some calls. */
async function microseconds(
  count: number,
  call: () => Promise<unknown> | void,
): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    await call();
    times.push(1000 * (performance.now() - start));
  }
  return short(median(times));
}

/** A small kernel on each of some buffers. */
function smallWork(device: GPUDevice, count: number) {
  const pipeline = pipelineOf(device, ADD);
  const { STORAGE, COPY_DST } = GPUBufferUsage;
  const buffers = Array.from(
    { length: count },
    () => device.createBuffer({ size: 256, usage: STORAGE | COPY_DST }),
  );
  const groups = buffers.map((buffer) => groupOf(device, pipeline, [buffer]));
  return { pipeline, buffers, groups };
}

type SmallWork = ReturnType<typeof smallWork>;

/** Records one dispatch on each of some groups, pipeline and group set each time as a step does. */
const recording =
  ({ pipeline }: SmallWork, groups: readonly GPUBindGroup[]) =>
  (pass: GPUComputePassEncoder): void => {
    for (const group of groups) {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(1);
    }
  };

/** Microseconds of the card and of the processor for a dispatch that waits for the one before, and for one that does not. */
async function dispatchCosts(
  device: GPUDevice,
  clock: GpuClock,
  work: SmallWork,
): Promise<Facts> {
  const { groups } = work;
  const count = groups.length;
  const free = recording(work, groups);
  const dependent = recording(work, groups.map(() => groups[0]!));
  const costOf = async (
    record: (pass: GPUComputePassEncoder) => void,
  ): Promise<Facts> => {
    await clock.times([record]);
    const times = await clock.times([record, record, record]);
    const encode = await microseconds(5, () => {
      const encoder = device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      record(pass);
      pass.end();
      encoder.finish();
    });
    return {
      cardMicroseconds: short(1000 * median(times) / count),
      encodeMicroseconds: short(encode / count),
    };
  };
  return {
    dispatches: count,
    independent: await costOf(free),
    dependent: await costOf(dependent),
  };
}

/** Microseconds of the calls that a step makes beside its dispatches. */
async function roundTrips(
  device: GPUDevice,
  { pipeline, buffers, groups }: SmallWork,
  count: number,
): Promise<Facts> {
  const { MAP_READ, COPY_DST } = GPUBufferUsage;
  const read = device.createBuffer({ size: 256, usage: MAP_READ | COPY_DST });
  const numbers = new Float32Array(16);
  const submit = (): void => {
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, groups[0]!);
    pass.dispatchWorkgroups(1);
    pass.end();
    device.queue.submit([encoder.finish()]);
  };
  const [first] = buffers;
  return {
    createBindGroup: await microseconds(
      count,
      () => void groupOf(device, pipeline, [first!]),
    ),
    writeBuffer: await microseconds(
      count,
      () => device.queue.writeBuffer(first!, 0, numbers),
    ),
    submit: await microseconds(count, submit),
    submitAndWait: await microseconds(count, () => {
      submit();
      return device.queue.onSubmittedWorkDone();
    }),
    submitAndMap: await microseconds(count, async () => {
      submit();
      await read.mapAsync(GPUMapMode.READ);
      read.unmap();
    }),
  };
}

/** Speed of the ways to the device and back for the images of a batch. */
async function transfers(
  device: GPUDevice,
  bytes: number,
): Promise<Facts> {
  const { MAP_READ, COPY_DST, COPY_SRC, STORAGE } = GPUBufferUsage;
  const buffer = device.createBuffer({
    size: bytes,
    usage: STORAGE | COPY_DST | COPY_SRC,
  });
  const read = device.createBuffer({ size: bytes, usage: MAP_READ | COPY_DST });
  const numbers = new Float32Array(bytes / 4).fill(1);
  // Several at once, so that the wait for their end is not most of the time.
  const times = 8;
  const up = await microseconds(3, async () => {
    for (let i = 0; i < times; i++) {
      device.queue.writeBuffer(buffer, 0, numbers);
    }
    device.queue.submit([]);
    await device.queue.onSubmittedWorkDone();
  }) / times;
  const handed = await microseconds(
    3,
    () => device.queue.writeBuffer(buffer, 0, numbers),
  );
  const down = await microseconds(3, async () => {
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, 0, read, 0, bytes);
    device.queue.submit([encoder.finish()]);
    await read.mapAsync(GPUMapMode.READ);
    read.getMappedRange().slice(0);
    read.unmap();
  });
  buffer.destroy();
  read.destroy();
  return {
    bytes,
    uploadMs: short(up / 1000),
    uploadProcessorMs: short(handed / 1000),
    downloadMs: short(down / 1000),
  };
}

/** Costs of dispatches and of round trips, microseconds. */
export const DISPATCHES: Part = {
  name: "dispatches",
  about: "a dispatch with and without dependency, submission and mapping",
  share: 2,
  measure: async ({ isTiny, note }) => {
    const { device } = await openCard();
    const clock = await openClock(device);
    const work = await orThrowGpu(
      device,
      () => smallWork(device, isTiny ? 50 : 1000),
    );
    const costs = await dispatchCosts(device, clock, work);
    note({ clock: clock.kind, ...costs });
    const microseconds = await roundTrips(device, work, isTiny ? 5 : 50);
    note({ clock: clock.kind, ...costs, microseconds });
    // The images of a step of ViT-B.
    const bytes = isTiny ? 2 ** 16 : 64 * 3 * 224 ** 2 * 4;
    note({
      ...{ clock: clock.kind, ...costs, microseconds },
      transfers: await transfers(device, bytes),
    });
  },
};
