/**
 * The kernels of a program as one module.
 *
 * @module
 */
import type { ElementwisePart } from "./elementwise_parts.ts";
import { kernelCode } from "./kernel_code.ts";
import { type MemoryKind, wasmModule } from "../../../core/wasm/wasm_code.ts";

/** Pages that 64-bit memories may have at most here; a memory with fewer fits too. */
export const MAXIMUM_PAGES = 262_144;

/** The memory of all tensors. */
const ARENA: MemoryKind = {
  addresses: 64,
  shared: true,
  maximum: MAXIMUM_PAGES,
};

/** Kernels, and which of them computes what. */
export interface Kernels {
  /** The module; its functions are named by their numbers. */
  readonly module: Uint8Array<ArrayBuffer>;
  /** For each part the number of its kernel; parts that compute alike share one. */
  readonly kernelOf: readonly number[];
}

/** The kernels of parts of a graph. */
export function kernelsOf(parts: readonly ElementwisePart[]): Kernels {
  const specs = new Map(parts.map(({ spec }) => [JSON.stringify(spec), spec]));
  const keys = [...specs.keys()];
  return {
    module: wasmModule([...specs.values()].map(kernelCode), ARENA),
    kernelOf: parts.map(({ spec }) => keys.indexOf(JSON.stringify(spec))),
  };
}
