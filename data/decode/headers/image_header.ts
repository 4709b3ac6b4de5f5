/** Headers of image files, read before any decoder sees them. */
import type { Size } from "../../image/raw_image.ts";

/** Size and costs of the first picture of a file. */
export interface ImageHeader extends Size {
  /** Causes of a costly decoding, in words, for example `"16 bits, interlaced"`. */
  readonly kind: string;
  /**
   * Most bytes that a decoder holds at a time beside the file and the picture of 8 bits
   * in three channels.
   */
  readonly decoderBytes: number;
  /** Passes of the decoder over the whole picture, `≥ 1`: the scans of a JPEG. */
  readonly passes: number;
  /** True if pixels may be transparent: there is an alpha channel, or a colour stands for it. */
  readonly hasAlpha: boolean;
  /**
   * The file without what is not decoded: metadata and further pictures, which cost
   * time and memory. The same bytes where there is nothing to leave out.
   */
  readonly picture: () => Uint8Array;
}

/**
 * Reads a header.
 *
 * @throws Error If it is damaged or says what is not decoded.
 */
export type ReadHeader = (bytes: Uint8Array) => ImageHeader;

/** A view that reads numbers; reading behind the end throws a `RangeError`. */
export const numbersOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Characters of Latin-1; fewer where the file ends. */
export const charactersAt = (
  bytes: Uint8Array,
  at: number,
  length: number,
): string => String.fromCharCode(...bytes.subarray(at, at + length));

/** A part of a file: its first byte, and the byte behind its last one. */
export type Range = readonly [from: number, to: number];

/**
 * Some parts of a file, one behind the other. They are gone through twice instead of
 * being listed: a file may have millions.
 *
 * @returns The file itself where that is all of it, else a copy.
 */
export function keptParts(
  bytes: Uint8Array,
  parts: () => Iterable<Range>,
): Uint8Array {
  let length = 0;
  for (const [from, to] of parts()) length += to - from;
  if (length === bytes.length) return bytes;
  const kept = new Uint8Array(length);
  let at = 0;
  for (const [from, to] of parts()) {
    kept.set(bytes.subarray(from, to), at);
    at += to - from;
  }
  return kept;
}

/** Parts of a file, one behind the other. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
