/**
 * The device `webgpu-ops`: TensorFlow.js on the graphics card, with the errors that WebGPU
 * does not throw.
 */
import { WebGPUBackend } from "npm:@tensorflow/tfjs-backend-webgpu@4.22.0";
import { sharedDevice } from "../../webgpu/device/open_device.ts";
import type { Device } from "../device.ts";
import { startBackend } from "../library.ts";
import { webGpuKernels } from "./webgpu_kernels.ts";

/** Kinds of error that a launch can cause. */
const SCOPES = ["validation", "out-of-memory", "internal"] as const;

/** Runs between two pauses, in which garbage is collected. */
const RUNS_BETWEEN_PAUSES = 256;

/** Sends what the library has recorded but not yet handed to the device. */
function submit(backend: WebGPUBackend): void {
  const { commandEncoder } = backend as unknown as { commandEncoder: unknown };
  if (commandEncoder === null) return;
  backend.endComputePassEncoder();
  backend.submitQueue();
}

/**
 * Lets the garbage collector run. Only it frees the native side of dropped
 * buffers and bind groups, of which the small JavaScript heap says nothing; left
 * alone, every run costs 20 kB. Where the runtime gives no `gc`, memory that is
 * never touched, and so takes no room, counts towards the collector's limit.
 */
async function pause(): Promise<void> {
  const { gc } = globalThis as { gc?: () => void };
  if (gc !== undefined) gc();
  else {
    try {
      Array.from({ length: 4 }, () => new ArrayBuffer(2 ** 27));
    } catch {
      // No room for it: then the collector has just done what it could.
    }
  }
  await new Promise((resume) => setTimeout(resume, 0));
}

/**
 * `watch` and `failure` of a WebGPU device. A dispatch that breaks a rule of the device
 * is dropped without an exception, and the result keeps whatever its buffer held before.
 */
function gpuWatch(
  backend: WebGPUBackend,
): Pick<Device, "isImmediate" | "watch" | "failure"> {
  const { device } = backend;
  let failure: string | null = null;
  let runs = 0;
  device.addEventListener("uncapturederror", (event) => {
    event.preventDefault();
    failure ??= (event as GPUUncapturedErrorEvent).error.message;
  });
  device.lost.then(({ message }) =>
    failure ??= `the device was lost: ${message}`
  );
  return {
    isImmediate: false,
    watch: async (launches) => {
      SCOPES.forEach((scope) => device.pushErrorScope(scope));
      let errors: readonly Promise<GPUError | null>[] = [];
      try {
        launches();
        submit(backend);
      } finally {
        errors = SCOPES.map(() => device.popErrorScope());
      }
      if (++runs % RUNS_BETWEEN_PAUSES === 0) await pause();
      const heard = await Promise.all(errors);
      return heard.find((error) => error !== null)?.message ?? failure;
    },
    failure: () => failure,
  };
}

/**
 * Starts the device `webgpu-ops` on the one device of the process.
 *
 * @throws If there is no WebGPU or no adapter.
 */
export async function openWebGpu(): Promise<Device> {
  const opened = await sharedDevice();
  if (opened._tag === "Left") throw new Error(opened.left.reason);
  const { device, adapter, info } = opened.right;
  const backend = await startBackend(
    "webgpu",
    () => Promise.resolve(new WebGPUBackend(device, adapter)),
  ) as WebGPUBackend;
  const { maxStorageBufferBindingSize, maxBufferSize } = backend.device.limits;
  return {
    info: { name: "webgpu-ops", ...info },
    storage: backend,
    kernels: webGpuKernels(backend, info.isGpu),
    maxTensorBytes: Math.min(maxStorageBufferBindingSize, maxBufferSize),
    ...gpuWatch(backend),
  };
}
