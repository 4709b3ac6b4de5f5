/**
 * Memory that is used again: new memory for each image costs as much as its decoding.
 *
 * @module
 */

/** Memory that is lent. */
export interface RecycledMemory {
  /** At least so many bytes, of any content. */
  take(length: number): ArrayBuffer;
  /** Ends a loan. */
  give(memory: ArrayBuffer): void;
}

/**
 * Memory for as many things as are made at the same time.
 *
 * @param mostKept Bytes of the largest piece that waits to be used again.
 */
export function recycledMemory(mostKept: number): RecycledMemory {
  const idle: ArrayBuffer[] = [];
  return {
    take: (length) => {
      const memory = idle.pop();
      return memory !== undefined && memory.byteLength >= length
        ? memory
        : new ArrayBuffer(length);
    },
    give: (memory) => {
      if (memory.byteLength <= mostKept) idle.push(memory);
    },
  };
}
