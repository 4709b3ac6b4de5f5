/**
 * The device `cpu`: tensors of the TensorFlow.js CPU backend, our own loops.
 *
 * Its kernels are not used: they multiply matrices at a quarter of the speed of
 * these loops, and the fused ops are not among them.
 */
import "npm:@tensorflow/tfjs-backend-cpu@4.22.0";
import { sizeOf } from "../../core/mod.ts";
import type { HostMemory } from "./host/host_kernel.ts";
import { hostKernels } from "./host/host_kernels.ts";
import {
  type Device,
  immediate,
  type Numbers,
  numbersFor,
  type Storage,
} from "./device.ts";
import { startBackend } from "./library.ts";

/** Largest array buffer that engines give. */
const MAX_BYTES = 2 ** 32;

/** The CPU backend's own storage. */
interface CpuStorage extends Storage {
  readonly data: { get(dataId: object): { readonly values: Numbers } };
}

const memoryOf = (storage: CpuStorage): HostMemory => ({
  allocate: ({ shape, dtype }) => {
    const extents = [...shape];
    const values = numbersFor(dtype, sizeOf(shape));
    const dataId = storage.write(values, extents, dtype);
    return { dataId, shape: extents, dtype };
  },
  view: ({ dataId }) => storage.data.get(dataId).values,
});

/** Starts the device `cpu`, which runs everywhere. */
export async function openCpu(): Promise<Device> {
  const storage = await startBackend("cpu") as unknown as CpuStorage;
  return {
    info: { name: "cpu", description: "JavaScript on one core", isGpu: false },
    storage,
    kernels: hostKernels(memoryOf(storage)),
    maxTensorBytes: MAX_BYTES,
    ...immediate,
  };
}
