/**
 * One shared memory for all tensors: native code and WebAssembly kernels, on any
 * thread, use the numbers where they lie.
 */
import { type AddressBits, addressValue } from "./kernels/address_code.ts";
import type { KernelMemory } from "./kernels/launch.ts";
import { adviseMemory, type MemoryAdvice } from "./runtime/memory_advice.ts";

/** A stretch of memory, in bytes from its beginning. */
export interface Stretch {
  /** First byte. */
  readonly start: number;
  /** Byte behind the last. */
  readonly end: number;
}

/** Memory that is handed out in stretches and taken back. */
export interface Arena extends KernelMemory {
  /**
   * A stretch of its own; its content is undefined.
   *
   * @throws A `RangeError` if the machine has no more memory.
   */
  take(bytes: number): Stretch;
  /** Takes a stretch back and returns its pages to the operating system. */
  giveBack(stretch: Stretch): void;
  /** Bytes that are handed out, rounded up to whole cache lines. */
  takenBytes(): number;
}

/** Bytes of a page of WebAssembly memory. */
const PAGE = 65_536;
/** Stretches begin at multiples of a cache line. */
const ALIGNMENT = 64;
/** Memory grows by at least so much at a time. */
const GROWTH = 16 * 2 ** 20;
/**
 * Address space that is asked for, in bytes, by the bits of an address: largest first; only
 * what is touched takes memory. Some runtimes know no addresses of 64 bits.
 */
const RESERVATIONS: Readonly<Record<AddressBits, readonly number[]>> = {
  64: [2 ** 34, 2 ** 33, 2 ** 32, 2 ** 31],
  32: [2 ** 32, 2 ** 31, 2 ** 30],
};

const aligned = (bytes: number): number =>
  ALIGNMENT * Math.ceil(bytes / ALIGNMENT);

function memoryOf(addresses: AddressBits, bytes: number): WebAssembly.Memory {
  const value = addressValue(addresses);
  const pages = { initial: value(1), maximum: value(bytes / PAGE) };
  const descriptor = { ...pages, address: `i${addresses}`, shared: true };
  // TypeScript does not know 64-bit memories yet.
  return new WebAssembly.Memory(descriptor as never);
}

/**
 * A memory with as much room to grow as there is.
 *
 * @param widths Bits of an address, the best first.
 */
function reserve(widths: readonly AddressBits[]): KernelMemory {
  let refusal: unknown;
  for (const addresses of widths) {
    for (const bytes of RESERVATIONS[addresses]) {
      try {
        return { memory: memoryOf(addresses, bytes), addresses };
      } catch (thrown) {
        refusal = thrown;
      }
    }
  }
  throw refusal;
}

/** Joins a stretch with its free neighbours. */
export function withFree(
  free: readonly Stretch[],
  stretch: Stretch,
): readonly Stretch[] {
  const before = free.filter(({ end }) => end <= stretch.start);
  const after = free.filter(({ start }) => start >= stretch.end);
  const below = before.at(-1)?.end === stretch.start ? before.pop() : undefined;
  const above = after[0]?.start === stretch.end ? after.shift() : undefined;
  const start = below?.start ?? stretch.start;
  const end = above?.end ?? stretch.end;
  return [...before, { start, end }, ...after];
}

/**
 * An empty arena.
 *
 * @param widths Bits of an address, the best first; one that the runtime has is taken.
 */
export function sharedArena(widths: readonly AddressBits[] = [64, 32]): Arena {
  const { memory, addresses } = reserve(widths);
  const advise = ({ start, end }: Stretch, advice: MemoryAdvice): void =>
    adviseMemory(new Uint8Array(memory.buffer, start, end - start), advice);
  let free: readonly Stretch[] = [];
  let taken = 0;
  const grow = (bytes: number): void => {
    const start = memory.buffer.byteLength;
    const pages = Math.ceil(Math.max(bytes, GROWTH) / PAGE);
    memory.grow(addressValue(addresses)(pages) as never);
    const added = { start, end: start + pages * PAGE };
    advise(added, "hugePages");
    free = withFree(free, added);
  };
  const fits = (bytes: number): Stretch | undefined =>
    free.find(({ start, end }) => end - start >= bytes);
  return {
    memory,
    addresses,
    take: (bytes) => {
      const size = Math.max(aligned(bytes), ALIGNMENT);
      if (fits(size) === undefined) grow(size);
      const place = fits(size)!;
      const { start } = place;
      free = free.flatMap((other) =>
        other !== place
          ? [other]
          : place.end === start + size
          ? []
          : [{ start: start + size, end: place.end }]
      );
      taken += size;
      return { start, end: start + size };
    },
    giveBack: (stretch) => {
      advise(stretch, "unused");
      free = withFree(free, stretch);
      taken -= stretch.end - stretch.start;
    },
    takenBytes: () => taken,
  };
}
