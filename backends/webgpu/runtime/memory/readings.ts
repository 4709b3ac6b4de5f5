/** Numbers on their way to main memory, through buffers that are used again. */
import { idleBuffers } from "./idle_buffers.ts";
import type { Region } from "./slabs.ts";

/** Reads regions. */
export interface Readings {
  /** Copies the bytes of a region as all that was handed over before leaves them. */
  read(region: Region): Promise<ArrayBuffer>;
  /** Destroys the buffers that wait for a use. */
  dispose(): void;
}

/** Reads from a device. */
export function readingsFrom(device: GPUDevice): Readings {
  const idle = idleBuffers((bytes) => ({
    buffer: device.createBuffer({
      size: Math.max(256, 2 ** Math.ceil(Math.log2(bytes))),
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    }),
  }));
  return {
    read: async ({ buffer, offset, bytes }) => {
      const held = idle.take(bytes);
      const { buffer: copy } = held;
      const encoder = device.createCommandEncoder();
      encoder.copyBufferToBuffer(buffer, offset, copy, 0, bytes);
      device.queue.submit([encoder.finish()]);
      await copy.mapAsync(GPUMapMode.READ, 0, bytes);
      const read = copy.getMappedRange(0, bytes).slice(0);
      copy.unmap();
      idle.giveBack(held);
      return read;
    },
    dispose: idle.dispose,
  };
}
