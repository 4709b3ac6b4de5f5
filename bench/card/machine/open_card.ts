/** The device that is measured. */
import {
  type OpenDevice,
  sharedDevice,
} from "../../../backends/webgpu/device/open_device.ts";

/**
 * The one device of this process, with all that its adapter has.
 *
 * @throws With the reason if there is none.
 */
export async function openCard(): Promise<OpenDevice> {
  const opened = await sharedDevice();
  if (opened._tag === "Right") return opened.right;
  throw new Error(opened.left.reason);
}

/** Numbers that no card can shortcut: random bits of reals in (−1, 1). */
export function randomReals(count: number): Float32Array<ArrayBuffer> {
  let state = 2463534242;
  return Float32Array.from({ length: count }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state / 2 ** 31;
  });
}

/** Fills a buffer with random reals. */
export function fillRandomly(device: GPUDevice, buffer: GPUBuffer): void {
  const numbers = randomReals(Math.min(buffer.size / 4, 2 ** 20));
  for (let at = 0; at < buffer.size; at += numbers.byteLength) {
    const count = Math.min(numbers.length, (buffer.size - at) / 4);
    device.queue.writeBuffer(buffer, at, numbers, 0, count);
  }
}
