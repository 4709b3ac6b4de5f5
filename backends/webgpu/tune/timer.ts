/** The time that a device takes for dispatches, by its own clock where it has one. */
import type { DeviceWatch } from "../runtime/device_watch.ts";
import { type Dispatch, recordIn } from "../runtime/dispatches.ts";
import { readingsFrom } from "../runtime/memory/readings.ts";

/** Dispatches in order. */
export type Work = readonly Dispatch[];

/** Takes times. */
export interface Timer {
  /** Milliseconds that a reliable measurement takes. */
  readonly reliable: number;
  /**
   * Does each of some works several times.
   *
   * @returns Milliseconds of each, all its repetitions together; `null` if the device refuses.
   */
  time(
    works: readonly Work[],
    repetitions: number,
  ): Promise<readonly number[] | null>;
  /** Gives back what it holds. */
  dispose(): void;
}

/** Most works that are timed together. */
export const MOST_WORKS = 64;

/** Records a work several times, in a pass of its own. */
function record(
  encoder: GPUCommandEncoder,
  work: Work,
  repetitions: number,
  timestampWrites?: GPUComputePassTimestampWrites,
): void {
  const pass = encoder.beginComputePass(
    timestampWrites === undefined ? {} : { timestampWrites },
  );
  for (let i = 0; i < repetitions; i++) recordIn(pass, work);
  pass.end();
}

/** Takes the clock of this program, which hears of an end late: works are handed over one by one. */
export function wallTimer(device: GPUDevice, watch: DeviceWatch): Timer {
  return {
    reliable: 100,
    time: async (works, repetitions) => {
      const times: number[] = [];
      await device.queue.onSubmittedWorkDone();
      for (const work of works) {
        const start = performance.now();
        const refusal = watch.watch(() => {
          const encoder = device.createCommandEncoder();
          record(encoder, work, repetitions);
          device.queue.submit([encoder.finish()]);
        });
        await device.queue.onSubmittedWorkDone();
        times.push(performance.now() - start);
        if (await refusal !== null) return null;
      }
      return times;
    },
    dispose: () => {},
  };
}

/** Takes the clock of the device, for all works at once. */
function timestampTimer(device: GPUDevice, watch: DeviceWatch): Timer {
  const count = 2 * MOST_WORKS;
  const queries = device.createQuerySet({ type: "timestamp", count });
  const stamps = device.createBuffer({
    size: 8 * count,
    usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
  });
  const readings = readingsFrom(device);
  return {
    reliable: 2,
    time: async (works, repetitions) => {
      const refusal = await watch.watch(() => {
        const encoder = device.createCommandEncoder();
        works.forEach((work, i) =>
          record(encoder, work, repetitions, {
            querySet: queries,
            beginningOfPassWriteIndex: 2 * i,
            endOfPassWriteIndex: 2 * i + 1,
          })
        );
        encoder.resolveQuerySet(queries, 0, 2 * works.length, stamps, 0);
        device.queue.submit([encoder.finish()]);
      });
      if (refusal !== null) return null;
      const bytes = 16 * works.length;
      const read = await readings.read({ buffer: stamps, offset: 0, bytes });
      const nanoseconds = new BigUint64Array(read);
      return works.map((_, i) =>
        Number(nanoseconds[2 * i + 1]! - nanoseconds[2 * i]!) / 1e6
      );
    },
    dispose: () => {
      readings.dispose();
      stamps.destroy();
      queries.destroy();
    },
  };
}

/** The timer of a device. */
export const timerOn = (device: GPUDevice, watch: DeviceWatch): Timer =>
  device.features.has("timestamp-query")
    ? timestampTimer(device, watch)
    : wallTimer(device, watch);
