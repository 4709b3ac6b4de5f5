/**
 * Running kernels on the thread that asks for it.
 *
 * @module
 */
import type { Launch } from "./launch.ts";

/** Kernels that are ready to run. */
export type Instance = WebAssembly.Instance;

/** Makes kernels ready to run on a memory. */
export function instantiate(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
): Instance {
  return new WebAssembly.Instance(module, { arena: { memory } });
}

/** Runs launches one after the other. */
export function runLaunches(
  { exports }: Instance,
  launches: readonly Launch[],
): void {
  for (const { kernel, addresses, count, scalars } of launches) {
    const run = exports[kernel] as (...values: (bigint | number)[]) => void;
    run(...addresses.map(BigInt), BigInt(count), ...scalars);
  }
}
