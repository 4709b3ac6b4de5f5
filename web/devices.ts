/** The devices of a page: WebGPU, WebAssembly, plain JavaScript. */
import type { Backend, BackendError } from "../backends/backend.ts";
import {
  type Availability,
  deviceChoice,
  type Selection,
  type SelectOptions,
} from "../backends/device_choice.ts";
import type { BackendChoice, DeviceName } from "../backends/device_names.ts";
import { startedOn } from "../backends/tfjs/backend_on.ts";
import { OPTIONS } from "../backends/wrong_choice.ts";
import type { Result } from "../core/mod.ts";

/** Options of a device in a page. */
export interface PageSelectOptions extends Omit<SelectOptions, "threads"> {
  /**
   * Address of the folder that has `tfjs-backend-wasm-simd.wasm`, for `wasm`; it counts when
   * the device is first started. By default the program's own folder.
   */
  readonly wasmFolder?: string | URL;
}

/** Libraries are fetched when a device is started. */
async function started(
  device: DeviceName,
  { wasmFolder, ...options }: PageSelectOptions,
): Promise<Result<BackendError, Backend>> {
  switch (device) {
    case "webgpu": {
      const { webgpuBackend } = await import(
        "../backends/webgpu/webgpu_backend.ts"
      );
      return await webgpuBackend(options);
    }
    case "wasm":
      return await startedOn("wasm", async () => {
        const { openWasm } = await import("../backends/tfjs/wasm/open_wasm.ts");
        return await openWasm(wasmFolder);
      });
    default:
      return await startedOn("cpu", async () => {
        const { openCpu } = await import("../backends/tfjs/open_cpu.ts");
        return await openCpu();
      });
  }
}

const CHOICE = deviceChoice<PageSelectOptions>({
  names: ["webgpu", "wasm", "cpu"],
  options: [...OPTIONS.filter((name) => name !== "threads"), "wasmFolder"],
  start: started,
});

/** Starts and tests every device of a page. */
export function availableDevices(
  options: PageSelectOptions = {},
): Promise<readonly Availability[]> {
  return CHOICE.availableDevices(options);
}

/**
 * Starts an engine and tests it, in a page or in a worker of one.
 *
 * `auto` takes WebGPU if its adapter is a real graphics processor, else WebAssembly, else
 * plain JavaScript. A device that is asked for by name is taken or refused, never replaced.
 *
 * @param wanted `webgpu`, `wasm`, `cpu` or `auto`.
 * @param options Folder of the WebAssembly binary, precision, tuning, further needs.
 * @returns The engine and the reason for it, or why there is none.
 *
 * @example
 * ```ts
 * import { orThrow, selectBackend } from "@vitfreeze/vitfreeze/web";
 * import { strictEqual } from "node:assert/strict";
 *
 * const { why } = orThrow(await selectBackend("cpu"));
 * strictEqual(why, "Using cpu (JavaScript on one core) as asked");
 * ```
 */
export function selectBackend(
  wanted: BackendChoice = "auto",
  options: PageSelectOptions = {},
): Promise<Result<BackendError, Selection>> {
  return CHOICE.selectBackend(wanted, options);
}
