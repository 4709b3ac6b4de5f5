/**
 * The checksum of TensorFlow's files.
 *
 * @module
 * @see {@link https://www.rfc-editor.org/rfc/rfc3720#section-12.1}
 */

/** Castagnoli's polynomial, the lowest power first. */
const POLYNOMIAL = 0x82f63b78;

/** What the lower byte of a remainder adds to the rest of it. */
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) {
    remainder = (remainder >>> 1) ^ (remainder & 1 ? POLYNOMIAL : 0);
  }
  return remainder;
});

/**
 * CRC-32C (Castagnoli) of bytes, as in iSCSI.
 *
 * @param bytes Any number of them; none gives 0.
 * @returns A whole number in `[0, 2³²)`.
 *
 * @example The check value that catalogues of checksums give
 * ```ts
 * import { crc32c } from "@vitfreeze/vitfreeze/train";
 * import { strictEqual } from "node:assert/strict";
 *
 * strictEqual(crc32c(new TextEncoder().encode("123456789")), 0xe3069283);
 * ```
 */
export function crc32c(bytes: Uint8Array): number {
  let remainder = 0xffffffff;
  for (const byte of bytes) {
    remainder = (remainder >>> 8) ^ (TABLE[(remainder ^ byte) & 0xff] ?? 0);
  }
  return ~remainder >>> 0;
}
