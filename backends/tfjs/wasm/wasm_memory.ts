/** The heap of the TensorFlow.js WASM backend as memory for host kernels. */
import type { BackendWasm } from "npm:@tensorflow/tfjs-backend-wasm@4.22.0";
import type { Signature } from "../../../core/mod.ts";
import type { HostMemory } from "../host/host_kernel.ts";
import type { Numbers, StoredTensor } from "../device.ts";

/**
 * Address of a tensor in the heap.
 *
 * @throws If the heap was full when the tensor was made: TensorFlow.js does not look.
 */
export function addressOf(
  backend: BackendWasm,
  { dataId, shape }: StoredTensor,
): number {
  const address = backend.getMemoryOffset(dataId);
  if (address === 0) {
    throw new Error(`the WebAssembly heap has no room for [${shape}]`);
  }
  return address;
}

/**
 * Host memory on the heap. Views are not copies; growth of the heap detaches
 * them, hence the rule that a view ends with the next allocation.
 */
export function wasmMemory(backend: BackendWasm): HostMemory {
  return {
    allocate: ({ shape, dtype }: Signature) => {
      const tensor = backend.makeOutput([...shape], dtype);
      addressOf(backend, tensor);
      return tensor;
    },
    view: (tensor) => backend.typedArrayFromHeap(tensor) as Numbers,
  };
}
