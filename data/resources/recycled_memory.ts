/** Memory that is used again: new memory for each image costs as much as its decoding. */

/** Memory that is lent. */
export interface RecycledMemory<Memory extends ArrayBufferLike = ArrayBuffer> {
  /** At least so many bytes, of any content. */
  take(length: number): Memory;
  /** Ends a loan. */
  give(memory: Memory): void;
}

/** Memory of one thread. */
export const ownMemory = (length: number): ArrayBuffer =>
  new ArrayBuffer(length);

/** Memory that several threads write. */
export const sharedMemory = (length: number): SharedArrayBuffer =>
  new SharedArrayBuffer(length);

/**
 * Memory for as many things as are made at the same time.
 *
 * @param mostKept Bytes of the largest piece that waits to be used again.
 */
export function recycledMemory<Memory extends ArrayBufferLike>(
  mostKept: number,
  create: (length: number) => Memory,
): RecycledMemory<Memory> {
  const idle: Memory[] = [];
  return {
    take: (length) => {
      const memory = idle.pop();
      return memory !== undefined && memory.byteLength >= length
        ? memory
        : create(length);
    },
    give: (memory) => {
      if (memory.byteLength <= mostKept) idle.push(memory);
    },
  };
}
