/** The TensorFlow.js engine on each of its devices. */
import type { Result } from "../../core/mod.ts";
import type { Backend, BackendError } from "../backend.ts";
import { startedOn } from "./backend_on.ts";
import type { Device } from "./device.ts";

/** Devices of TensorFlow.js that we support, fastest first. */
export const TFJS_DEVICES = ["webgpu-ops", "wasm", "cpu"] as const;

/** A device of TensorFlow.js. */
export type TfjsDevice = typeof TFJS_DEVICES[number];

/** Starter of each device; libraries are loaded only when they are asked for. */
const OPEN: Readonly<Record<TfjsDevice, () => Promise<Device>>> = {
  "webgpu-ops": async () =>
    await (await import("./webgpu/open_webgpu.ts")).openWebGpu(),
  wasm: async () => await (await import("./wasm/open_wasm.ts")).openWasm(),
  cpu: async () => await (await import("./open_cpu.ts")).openCpu(),
};

/**
 * Starts TensorFlow.js on one device.
 *
 * All devices can be used side by side. The current backend of TensorFlow.js and
 * its scopes are neither used nor changed. `liveTensors` counts all tensors of
 * the device in this process.
 *
 * @returns The engine, or why the device cannot be used here.
 *
 * @example Squares on the plain CPU device
 * ```ts
 * import { traceGraph } from "@vitfreeze/vitfreeze";
 * import { tfjsBackend } from "./tfjs_backend.ts";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const graph = traceGraph((g) => ({
 *   y: g.apply("square", {}, [g.input("x", [3])]),
 * }));
 * const backend = await tfjsBackend("cpu");
 * if (graph._tag === "Left" || backend._tag === "Left") throw new Error("never");
 *
 * const program = await backend.right.compile(graph.right);
 * if (program._tag === "Left") throw new Error(program.left._tag);
 * const x = backend.right.upload({ shape: [3], data: Float32Array.of(1, 2, 3) });
 * const outputs = await program.right.run(new Map([["x", x]]));
 *
 * if (outputs._tag === "Left") throw new Error(outputs.left._tag);
 * deepStrictEqual(await outputs.right.get("y")?.read(), Float32Array.of(1, 4, 9));
 * backend.right.dispose();
 * ```
 */
export function tfjsBackend(
  device: TfjsDevice,
): Promise<Result<BackendError, Backend>> {
  return startedOn(device, OPEN[device]);
}
