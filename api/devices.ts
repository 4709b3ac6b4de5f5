/**
 * Devices: engines that run graphs, and the choice of one.
 *
 * @module
 */
import type { BackendError } from "../backends/backend.ts";
import type { BackendChoice } from "../backends/device_names.ts";
import type { Selection, SelectOptions } from "../backends/device_choice.ts";
import type { Result } from "../core/result.ts";

export {
  type Backend,
  type BackendError,
  type CompileOptions,
  describeBackendError,
  type DeviceInfo,
  type DeviceTensor,
  type DeviceTensors,
  type Guard,
  type HostInput,
  type HostNumbers,
  type HostPixels,
  type HostTensor,
  type Program,
  type ProgramWork,
} from "../backends/backend.ts";
export { interruptible } from "../backends/interruptible.ts";
export type {
  BackendChoice,
  DeviceName,
  Precision,
} from "../backends/device_names.ts";
export type { Selection, SelectOptions } from "../backends/device_choice.ts";
export type { TestedNeeds } from "../backends/self_test.ts";
export type { TuningOptions } from "../backends/webgpu/tune/tuner.ts";
export type { TuningStore } from "../backends/webgpu/tune/tuning_memory.ts";

/**
 * Opens a device and checks on a small gradient that it computes right.
 *
 * @param wanted `auto` for the best that this machine has, or a device by name.
 * @param options Threads, precision and tuning, for a device that can choose. Kernels are
 * measured on the graphics card only where `tuning` is given.
 * @returns The engine and why it was chosen, or why the device cannot be used.
 */
export async function selectBackend(
  wanted: BackendChoice = "auto",
  options: SelectOptions = {},
): Promise<Result<BackendError, Selection>> {
  const backends = await import("../backends/select.ts");
  return await backends.selectBackend(wanted, options);
}
