/** Choice of an engine that this machine can run. */
import type { Result } from "../core/mod.ts";
import type { Backend, BackendError } from "./backend.ts";
import {
  type Availability,
  deviceChoice,
  type Selection,
  type SelectOptions,
} from "./device_choice.ts";
import {
  type BackendChoice,
  type DeviceName,
  DEVICES,
} from "./device_names.ts";
import { onnxBackend } from "./onnx/onnx_backend.ts";
import { tfjsBackend } from "./tfjs/tfjs_backend.ts";
import { webgpuBackend } from "./webgpu/webgpu_backend.ts";
import { OPTIONS } from "./wrong_choice.ts";

function started(
  device: DeviceName,
  options: SelectOptions,
): Promise<Result<BackendError, Backend>> {
  switch (device) {
    case "onnx":
      return onnxBackend(options);
    case "webgpu":
      return webgpuBackend(options);
    default:
      return tfjsBackend(device);
  }
}

const CHOICE = deviceChoice({
  names: DEVICES,
  options: OPTIONS,
  start: started,
});

/** Starts and tests every device. */
export function availableDevices(): Promise<readonly Availability[]> {
  return CHOICE.availableDevices({});
}

/**
 * Starts an engine and tests it.
 *
 * `auto` takes WebGPU if its adapter is a real graphics processor, else ONNX
 * Runtime's native code, else WebAssembly, else plain JavaScript. A device that is
 * asked for by name is taken or refused, never replaced.
 *
 * @param wanted A device, or `auto`.
 * @param options Threads and precision; a device that has none to choose is refused with them if
 * it was asked for by name. Tuning, which other devices than `webgpu` pass over. What a run will need besides; a device that has it not, or
 * computes it wrongly, is refused or passed over.
 * @returns The engine and the reason for it, or why there is none: for a device, an option or a
 * precision that does not exist, those that do and the nearest.
 *
 * @example
 * ```ts
 * import { selectBackend } from "@vitfreeze/vitfreeze";
 * import { strictEqual } from "node:assert/strict";
 *
 * const selection = await selectBackend("cpu");
 * strictEqual(
 *   selection._tag === "Right" && selection.right.why,
 *   "Using cpu (JavaScript on one core) as asked",
 * );
 * ```
 */
export function selectBackend(
  wanted: BackendChoice,
  options: SelectOptions = {},
): Promise<Result<BackendError, Selection>> {
  return CHOICE.selectBackend(wanted, options);
}
