/**
 * Copying tensors from a device.
 *
 * @module
 */
import type { Backend, DeviceTensors } from "../backends/backend.ts";
import { left, type Result, right } from "../core/mod.ts";
import { reasonOf } from "./atomic_file.ts";
import type { HostTensors } from "./snapshot.ts";
import type { TrainError } from "./train_error.ts";

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
  const copies = new Map<string, Float32Array>();
  try {
    for (const [name, tensor] of tensors) {
      const data = await tensor.read();
      copies.set(
        name,
        data instanceof Float32Array ? data : Float32Array.from(data),
      );
    }
    return right(copies);
  } catch (error) {
    const { name: device } = backend.device;
    return left({
      _tag: "BackendFailed",
      error: { _tag: "ExecutionFailed", device, reason: reasonOf(error) },
    });
  }
}
