/** Launches of kernels, divided into shares for several threads. */
import { type AddressBits, addressValue } from "./address_code.ts";

/** One run of a kernel over some numbers. */
export interface Launch {
  /** Number of the kernel in its module. */
  readonly kernel: number;
  /** Address of each tensor, then of each result, bytes. */
  readonly addresses: readonly number[];
  /** Count of numbers. */
  readonly count: number;
  /** The scalars. */
  readonly scalars: readonly number[];
}

/** Bytes of a number. */
const BYTES = 4;
/** Shares end where a kernel has done four numbers at a time and filled whole cache lines. */
const GRAIN = 16;

/** Numbers of all launches. */
export const totalCount = (launches: readonly Launch[]): number =>
  launches.reduce((sum, { count }) => sum + count, 0);

/** The numbers `from … to − 1` of a launch. */
function stretch(launch: Launch, from: number, to: number): Launch {
  return {
    ...launch,
    addresses: launch.addresses.map((address) => address + BYTES * from),
    count: to - from,
  };
}

/**
 * Cuts launches into shares of nearly equal size.
 *
 * @returns The shares; together they do each number once. Some may be empty.
 */
export function sharesOf(
  launches: readonly Launch[],
  parts: number,
): readonly (readonly Launch[])[] {
  const total = totalCount(launches);
  const bounds = Array.from(
    { length: parts + 1 },
    (_, part) => total * part / parts,
  );
  const shares: Launch[][] = Array.from({ length: parts }, () => []);
  let before = 0;
  for (const launch of launches) {
    const cutAt = (bound: number): number =>
      bound >= before + launch.count
        ? launch.count
        : GRAIN * Math.max(0, Math.floor((bound - before) / GRAIN));
    for (const [part, share] of shares.entries()) {
      const [from, to] = [cutAt(bounds[part]!), cutAt(bounds[part + 1]!)];
      if (to > from) share.push(stretch(launch, from, to));
    }
    before += launch.count;
  }
  return shares;
}

/** Memory that kernels work on. */
export interface KernelMemory {
  /** The memory, shared by threads. */
  readonly memory: WebAssembly.Memory;
  /** Bits of its addresses. */
  readonly addresses: AddressBits;
}

/** Kernels that are ready to run. */
export interface Instance {
  /** The kernels by their numbers. */
  readonly exports: WebAssembly.Exports;
  /** Bits of the addresses that they take. */
  readonly addresses: AddressBits;
}

/** Makes kernels ready to run on a memory. */
export function instantiate(
  module: WebAssembly.Module,
  { memory, addresses }: KernelMemory,
): Instance {
  const imports = { arena: { memory } };
  const { exports } = new WebAssembly.Instance(module, imports);
  return { exports, addresses };
}

/** Runs launches one after the other. */
export function runLaunches(
  { exports, addresses: bits }: Instance,
  launches: readonly Launch[],
): void {
  const value = addressValue(bits);
  for (const { kernel, addresses, count, scalars } of launches) {
    const run = exports[kernel] as (...values: (bigint | number)[]) => void;
    run(...addresses.map(value), value(count), ...scalars);
  }
}
