/** Small outputs on their way to main memory with the run that computes them. */
import { startsOf } from "../../wgsl/starts.ts";
import type { Region } from "./slabs.ts";

/** Numbers of one region once they have arrived. */
export type Arrival = () => Promise<ArrayBuffer>;

/** Copies the same few regions after every run. */
export interface Reports {
  /**
   * Records copies of regions, whose sizes are those of every run.
   *
   * @returns To be called after the submission: it begins the way to main memory.
   */
  record(
    encoder: GPUCommandEncoder,
    regions: readonly Region[],
  ): () => readonly Arrival[];
  /** Destroys the buffers that wait for a use, and each other one when its numbers have arrived. */
  dispose(): void;
}

/**
 * Reports through a ring of buffers: one returns to it as soon as its numbers have
 * arrived, whether or not anybody reads them.
 */
export function reportsFrom(device: GPUDevice): Reports {
  const idle: GPUBuffer[] = [];
  let isOpen = true;
  const take = (bytes: number): GPUBuffer =>
    idle.pop() ?? device.createBuffer({
      size: bytes,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
  const fetch = async (buffer: GPUBuffer): Promise<ArrayBuffer> => {
    await buffer.mapAsync(GPUMapMode.READ);
    const numbers = buffer.getMappedRange().slice(0);
    buffer.unmap();
    if (isOpen) idle.push(buffer);
    else buffer.destroy();
    return numbers;
  };
  return {
    record: (encoder, regions) => {
      if (regions.length === 0) return () => [];
      const starts = startsOf(regions.map(({ bytes }) => bytes));
      const buffer = take(starts.at(-1)!);
      regions.forEach(({ buffer: source, offset, bytes }, i) =>
        encoder.copyBufferToBuffer(source, offset, buffer, starts[i]!, bytes)
      );
      return () => {
        const numbers = fetch(buffer);
        // Whoever reads hears of a failure; it is no mistake to read nothing.
        numbers.catch(() => {});
        return regions.map((_, i) => async () =>
          (await numbers).slice(starts[i], starts[i + 1])
        );
      };
    },
    dispose: () => {
      isOpen = false;
      idle.splice(0).forEach((buffer) => buffer.destroy());
    },
  };
}
