/** Numbers on their way to main memory, through buffers that are used again. */
import type { Region } from "./slabs.ts";

/** Reads regions. */
export interface Readings {
  /** Copies the bytes of a region as all that was handed over before leaves them. */
  read(region: Region): Promise<ArrayBuffer>;
  /** Destroys the buffers that wait for a use. */
  dispose(): void;
}

/** Most buffers that wait for a use. */
const MOST_IDLE = 4;

/** Reads from a device. */
export function readingsFrom(device: GPUDevice): Readings {
  const idle: GPUBuffer[] = [];
  const take = (bytes: number): GPUBuffer => {
    const at = idle.findIndex(({ size }) => size >= bytes);
    if (at >= 0) return idle.splice(at, 1)[0]!;
    return device.createBuffer({
      size: Math.max(256, 2 ** Math.ceil(Math.log2(bytes))),
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
  };
  const giveBack = (buffer: GPUBuffer): void => {
    buffer.unmap();
    idle.push(buffer);
    idle.sort((a, b) => a.size - b.size);
    if (idle.length > MOST_IDLE) idle.shift()!.destroy();
  };
  return {
    read: async ({ buffer, offset, bytes }) => {
      const copy = take(bytes);
      const encoder = device.createCommandEncoder();
      encoder.copyBufferToBuffer(buffer, offset, copy, 0, bytes);
      device.queue.submit([encoder.finish()]);
      await copy.mapAsync(GPUMapMode.READ, 0, bytes);
      const read = copy.getMappedRange(0, bytes).slice(0);
      giveBack(copy);
      return read;
    },
    dispose: () => idle.splice(0).forEach((buffer) => buffer.destroy()),
  };
}
