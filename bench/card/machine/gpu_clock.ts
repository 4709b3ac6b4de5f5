/** Time that work takes on a card. */
import { calibration } from "./calibration.ts";
import { median } from "../part.ts";

/** Records work in a pass. */
export type Record = (pass: GPUComputePassEncoder) => void;

/** Measures passes. */
export interface GpuClock {
  /** The card's own timestamps, or the time until the processor hears of the end. */
  readonly kind: "timestamps" | "wall";
  /** What timestamps are multiplied with: they ought to be nanoseconds, and are not everywhere. */
  readonly factor: number;
  /** Milliseconds that a pass should take for its time to be good. */
  readonly wanted: number;
  /** Milliseconds of each pass, in their order; all are handed over at once where there are timestamps. */
  times(passes: readonly Record[]): Promise<readonly number[]>;
}

/** The most passes of one query set. */
const MOST_PASSES = 128;

/** Milliseconds from the submission of a pass to its end as the processor hears of it. */
async function wallTime(device: GPUDevice, record: Record): Promise<number> {
  const start = performance.now();
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  record(pass);
  pass.end();
  device.queue.submit([encoder.finish()]);
  await device.queue.onSubmittedWorkDone();
  return performance.now() - start;
}

const wallClock = (device: GPUDevice): GpuClock => ({
  kind: "wall",
  factor: 1,
  wanted: 120,
  times: async (passes) => {
    const times: number[] = [];
    for (const record of passes) times.push(await wallTime(device, record));
    return times;
  },
});

/** Memory for timestamps. */
function stampMemory(device: GPUDevice) {
  const count = 2 * MOST_PASSES;
  const querySet = device.createQuerySet({ type: "timestamp", count });
  const { QUERY_RESOLVE, COPY_SRC, COPY_DST, MAP_READ } = GPUBufferUsage;
  const resolved = device.createBuffer({
    size: 8 * count,
    usage: QUERY_RESOLVE | COPY_SRC,
  });
  const read = device.createBuffer({
    size: 8 * count,
    usage: MAP_READ | COPY_DST,
  });
  return { querySet, resolved, read };
}

function stampClock(device: GPUDevice): GpuClock {
  const { querySet, resolved, read } = stampMemory(device);
  const some = async (passes: readonly Record[]): Promise<number[]> => {
    const encoder = device.createCommandEncoder();
    passes.forEach((record, i) => {
      const pass = encoder.beginComputePass({
        timestampWrites: {
          querySet,
          beginningOfPassWriteIndex: 2 * i,
          endOfPassWriteIndex: 2 * i + 1,
        },
      });
      record(pass);
      pass.end();
    });
    const bytes = 16 * passes.length;
    encoder.resolveQuerySet(querySet, 0, 2 * passes.length, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, read, 0, bytes);
    device.queue.submit([encoder.finish()]);
    await read.mapAsync(GPUMapMode.READ);
    const stamps = new BigUint64Array(read.getMappedRange(0, bytes).slice(0));
    read.unmap();
    return passes.map((_, i) =>
      Number(stamps[2 * i + 1]! - stamps[2 * i]!) / 1e6
    );
  };
  return {
    kind: "timestamps",
    factor: 1,
    wanted: 3,
    times: async (passes) => {
      const times: number[] = [];
      for (let i = 0; i < passes.length; i += MOST_PASSES) {
        times.push(...await some(passes.slice(i, i + MOST_PASSES)));
      }
      return times;
    },
  };
}

/** A clock whose times are multiplied with a factor. */
const scaled = (clock: GpuClock, factor: number): GpuClock => ({
  ...clock,
  factor,
  times: async (passes) =>
    (await clock.times(passes)).map((time) => time * factor),
});

/**
 * The best clock of a device. Timestamps are compared with the processor's clock on work
 * that takes long; where they are far off, the ratio becomes a factor, and where they say
 * nothing, the processor's clock is taken.
 */
export async function openClock(device: GPUDevice): Promise<GpuClock> {
  const wall = wallClock(device);
  if (!device.features.has("timestamp-query")) return wall;
  const stamps = stampClock(device);
  const work = calibration(device);
  let repeats = 1;
  let [long = 0] = await wall.times([work(repeats)]);
  while (long < 100 && repeats < 2 ** 16) {
    repeats *= 4;
    [long = 0] = await wall.times([work(repeats)]);
  }
  const [again = 0] = await wall.times([work(repeats)]);
  const [first = 0, second = 0] = await stamps.times([
    work(repeats),
    work(repeats),
  ]);
  const ratio = Math.min(long, again) / Math.min(first, second);
  if (!Number.isFinite(ratio) || ratio <= 0) return wall;
  return ratio > 0.5 && ratio < 2 ? stamps : scaled(stamps, ratio);
}

/** How often work has to be repeated in a pass for its time to be good. */
const repeatsFor = (clock: GpuClock, once: number, most: number): number =>
  Math.max(1, Math.min(most, Math.ceil(clock.wanted / Math.max(once, 1e-4))));

/**
 * Milliseconds of some work, one repetition of several: the median of passes.
 *
 * @param record Records the work so many times.
 * @param most The most repetitions in a pass.
 * @param passes Passes that count.
 */
export async function timeOf(
  clock: GpuClock,
  record: (pass: GPUComputePassEncoder, repeats: number) => void,
  { most = 2000, passes = 3 }: {
    readonly most?: number;
    readonly passes?: number;
  } = {},
): Promise<number> {
  const once = (repeats: number): Record => (pass) => record(pass, repeats);
  // The first run of a pipeline may still be compiled by the driver.
  const [, second = NaN] = await clock.times([once(1), once(1)]);
  const repeats = repeatsFor(clock, second, most);
  const list = Array.from({ length: passes }, () => once(repeats));
  return median(await clock.times(list)) / repeats;
}
