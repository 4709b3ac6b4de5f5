/**
 * The device `webgpu`: TensorFlow.js on the graphics card.
 *
 * @module
 */
import "@tensorflow/tfjs-backend-webgpu";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { Device } from "../device.ts";
import { startBackend } from "../library.ts";
import { gpuWatch } from "./gpu_watch.ts";
import { graphicsAdapter } from "./graphics_adapter.ts";
import { webGpuKernels } from "./webgpu_kernels.ts";

/**
 * Starts the device `webgpu`.
 *
 * @throws If there is no WebGPU or no adapter.
 */
export async function openWebGpu(): Promise<Device> {
  const adapter = await graphicsAdapter();
  if (typeof adapter === "string") throw new Error(adapter);
  const backend = await startBackend("webgpu") as WebGPUBackend;
  const { maxStorageBufferBindingSize, maxBufferSize } = backend.device.limits;
  return {
    info: { name: "webgpu", ...adapter },
    storage: backend,
    kernels: webGpuKernels(backend, adapter.isGpu),
    maxTensorBytes: Math.min(maxStorageBufferBindingSize, maxBufferSize),
    ...gpuWatch(backend),
  };
}
