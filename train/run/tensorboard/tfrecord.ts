/**
 * TFRecord: records one behind the other, each with its length and checksums.
 *
 * ```text
 * uint64 length · uint32 masked CRC of the length · data · uint32 masked CRC of the data
 * ```
 *
 * @module
 * @see {@link https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details}
 */
import { crc32c } from "./crc32c.ts";

/** Bytes before the data: the length and its checksum. */
const HEADER = 12;
/** Bytes behind the data: their checksum. */
const FOOTER = 4;

/**
 * Checksum of bytes as it is stored beside them. The mask keeps the checksum of
 * a file that holds checksums from being degenerate.
 */
function maskedCrc(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/**
 * Frames data as one record.
 *
 * @param data What the record holds.
 * @returns The bytes to append to a file: 16 more than `data`.
 *
 * @example An empty record
 * ```ts
 * import { tfrecord } from "@vitfreeze/vitfreeze/train";
 * import { strictEqual } from "node:assert/strict";
 *
 * strictEqual(tfrecord(new Uint8Array()).length, 16);
 * ```
 */
export function tfrecord(data: Uint8Array): Uint8Array<ArrayBuffer> {
  const record = new Uint8Array(HEADER + data.length + FOOTER);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc(record.subarray(0, 8)), true);
  record.set(data, HEADER);
  view.setUint32(HEADER + data.length, maskedCrc(data), true);
  return record;
}
