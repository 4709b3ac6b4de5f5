/**
 * Copying tensors from a device.
 *
 * @module
 */
import type {
  Backend,
  DeviceTensor,
  DeviceTensors,
} from "../backends/backend.ts";
import { left, type Result, right } from "../core/mod.ts";
import { reasonOf } from "./files/file_result.ts";
import type { HostTensors } from "./engine/snapshot.ts";
import type { TrainError } from "./train_error.ts";

async function copyOf(
  [name, tensor]: readonly [string, DeviceTensor],
): Promise<readonly [string, Float32Array]> {
  const data = await tensor.read();
  return [name, data instanceof Float32Array ? data : Float32Array.from(data)];
}

/**
 * Copies tensors to main memory. Waits until the device has computed them.
 *
 * @param backend Where they are.
 * @param tensors What is wanted, by name.
 * @returns Copies by name, or why the device gave none: it was lost, or a tensor was disposed.
 */
export async function download(
  backend: Backend,
  tensors: DeviceTensors,
): Promise<Result<TrainError, HostTensors>> {
  try {
    // All at once: a graphics card answers each request only after a delay.
    const copies = await Promise.all([...tensors].map(copyOf));
    return right(new Map(copies));
  } catch (error) {
    const { name: device } = backend.device;
    return left({
      _tag: "BackendFailed",
      error: { _tag: "ExecutionFailed", device, reason: reasonOf(error) },
    });
  }
}
