/** The device `wasm`: TensorFlow.js on WebAssembly with SIMD. */
import {
  env,
  getKernel,
  type KernelFunc,
} from "npm:@tensorflow/tfjs-core@4.22.0";
import type { BackendWasm } from "npm:@tensorflow/tfjs-backend-wasm@4.22.0";
import { setWasmPaths } from "npm:@tensorflow/tfjs-backend-wasm@4.22.0";
import type { Shape } from "../../../core/mod.ts";
import { hostKernels } from "../host/host_kernels.ts";
import {
  type ComputedOp,
  type Device,
  immediate,
  type Kernel,
  type KernelTable,
  type StoredTensor,
} from "../device.ts";
import { isStarted, startBackend } from "../library.ts";
import { wasmConvolution } from "./wasm_convolution.ts";
import { wasmMatmul } from "./wasm_matmul.ts";
import { addressOf, wasmMemory } from "./wasm_memory.ts";

/** A WebAssembly address has 32 bits, and a tensor cannot have the whole heap. */
const MAX_BYTES = 2 ** 31;

/** A kernel of the library, whose inputs have the given names. */
function libraryKernel<Name extends ComputedOp>(
  backend: BackendWasm,
  name: string,
  names: readonly string[],
  attrsOf: (shape: Shape) => Readonly<Record<string, number>> = () => ({}),
): Kernel<Name> {
  const kernel = getKernel(name, "wasm").kernelFunc as KernelFunc;
  return ({ shape }) => {
    const attrs = attrsOf(shape);
    return (given) => {
      const inputs = Object.fromEntries(names.map((n, i) => [n, given[i]!]));
      const out = kernel({ inputs, attrs, backend }) as StoredTensor;
      addressOf(backend, out);
      return out;
    };
  };
}

/** Host kernels on the heap, and the library's own where SIMD makes them faster. */
function kernelsOf(backend: BackendWasm): KernelTable {
  const memory = wasmMemory(backend);
  return {
    ...hostKernels(memory),
    matmul: wasmMatmul(backend, memory),
    ...wasmConvolution(backend, memory),
    add: libraryKernel(backend, "Add", ["a", "b"]),
    subtract: libraryKernel(backend, "Sub", ["a", "b"]),
    multiply: libraryKernel(backend, "Multiply", ["a", "b"]),
    square: libraryKernel(backend, "Square", ["x"]),
    relu: libraryKernel(backend, "Relu", ["x"]),
    softmax: libraryKernel(backend, "Softmax", ["logits"], (shape) => ({
      dim: shape.length - 1,
    })),
  };
}

/**
 * Starts the device `wasm`.
 *
 * @param folder Address of the folder with `tfjs-backend-wasm-simd.wasm`; by default the
 * library finds its binary beside its own file, which it cannot once it is bundled. It
 * counts when the device is started for the first time.
 * @throws If the runtime has no WebAssembly or its binary cannot be read.
 */
export async function openWasm(folder?: string | URL): Promise<Device> {
  if (!isStarted("wasm")) {
    // One core, also in a page that may have threads: the same numbers everywhere.
    env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
    if (folder !== undefined) {
      setWasmPaths(String(folder).replace(/\/?$/, "/"));
    }
  }
  const backend = await startBackend("wasm") as BackendWasm;
  return {
    info: {
      name: "wasm",
      description: "WebAssembly with SIMD on one core",
      isGpu: false,
    },
    storage: backend,
    kernels: kernelsOf(backend),
    maxTensorBytes: MAX_BYTES,
    ...immediate,
  };
}
