/**
 * Memory that resizing uses again and again: new memory for each image costs more than
 * the work.
 *
 * @module
 */
import {
  MAXIMUM_PAGES,
  REACH,
  type ResampleKernels,
  resampleKernels,
} from "./resample_kernels.ts";

/** Bytes of a page of a WebAssembly memory. */
const PAGE_BYTES = 65_536;

/** What is not kept for the next image, bytes: larger images come one by one. */
const MOST_KEPT = 2 ** 25;

/** Memory, and kernels that see it. */
export interface Scratch {
  /** All of it; grows, so it must be asked for again. */
  readonly bytes: () => Uint8Array<ArrayBuffer>;
  /** Resizes what lies in it. */
  readonly kernels: ResampleKernels;
}

interface Growing extends Scratch {
  readonly memory: WebAssembly.Memory;
}

function newScratch(): Growing {
  const memory = new WebAssembly.Memory({ initial: 0, maximum: MAXIMUM_PAGES });
  let bytes = new Uint8Array(memory.buffer as ArrayBuffer);
  return {
    memory,
    bytes: () => {
      if (bytes.length !== memory.buffer.byteLength) {
        bytes = new Uint8Array(memory.buffer as ArrayBuffer);
      }
      return bytes;
    },
    kernels: resampleKernels(memory),
  };
}

let kept: Growing | null = null;

/**
 * Memory with room for so many bytes and what the kernels read and write behind them.
 *
 * @param size Bytes that are needed; what lay in the memory before is lost.
 * @throws RangeError If the machine does not have so much.
 */
export function scratchFor(size: number): Scratch {
  const wanted = size + REACH;
  const scratch = kept ?? newScratch();
  const missing = wanted - scratch.memory.buffer.byteLength;
  if (missing > 0) scratch.memory.grow(Math.ceil(missing / PAGE_BYTES));
  kept = scratch.memory.buffer.byteLength > MOST_KEPT ? null : scratch;
  return scratch;
}
