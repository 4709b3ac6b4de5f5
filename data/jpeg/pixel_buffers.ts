/**
 * Memory for decoded pixels that is used again: new memory for each image costs as much
 * as half of its decoding.
 *
 * @module
 */

/** Memory that waits is at most so large, bytes: larger images come one by one. */
const MOST_KEPT = 2 ** 24;

/** Memory that is lent. */
export interface PixelBuffers {
  /** So many bytes, of any content. */
  take(length: number): Uint8Array<ArrayBuffer>;
  /** Ends a loan. */
  give(pixels: Uint8Array<ArrayBuffer>): void;
}

/** Memory for as many images as are decoded at the same time. */
export function pixelBuffers(): PixelBuffers {
  const idle: ArrayBuffer[] = [];
  return {
    take: (length) => {
      const buffer = idle.pop();
      return buffer !== undefined && buffer.byteLength >= length
        ? new Uint8Array(buffer, 0, length)
        : new Uint8Array(length);
    },
    give: ({ buffer }) => {
      if (buffer.byteLength <= MOST_KEPT) idle.push(buffer);
    },
  };
}
