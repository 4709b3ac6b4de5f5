/** Arrays of bytes in idx files. */
import { kindOfBytes, type Result, right } from "../../../core/mod.ts";
import { badFile, type DataError } from "../../report/data_error.ts";

/** An array of bytes with its extents. */
export interface IdxArray {
  /** Extents, outermost first. */
  readonly shape: readonly number[];
  /** The bytes, row-major. */
  readonly values: Uint8Array;
}

/** Third byte of the magic number: the elements are unsigned bytes. */
const UNSIGNED_BYTE = 0x08;

const hex = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");

/**
 * Reads an idx file of unsigned bytes.
 *
 * @param dimensions Wanted number of extents: 1 for labels, 3 for images.
 * @returns The array, or what is wrong: magic number, extents or length.
 */
export function decodeIdx(
  bytes: Uint8Array,
  dimensions: number,
  path: string,
): Result<DataError, IdxArray> {
  const failed = (found: string, wanted: string) =>
    badFile(path, found, wanted);
  const magic = Uint8Array.of(0, 0, UNSIGNED_BYTE, dimensions);
  const header = 4 + 4 * dimensions;
  const isIdx = magic.every((byte, i) => byte === bytes[i]);
  if (bytes.length >= 4 && !isIdx) {
    const start = `the bytes ${hex(bytes.subarray(0, 4))} at the start`;
    const found = kindOfBytes(bytes) ?? start;
    return failed(found, `${hex(magic)} (idx, ${dimensions} extents of bytes)`);
  }
  if (bytes.length < header) {
    return failed(`${bytes.length} bytes`, `an idx header of ${header} bytes`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, header);
  const shape = Array.from(
    { length: dimensions },
    (_, i) => view.getUint32(4 + 4 * i),
  );
  const size = shape.reduce((product, extent) => product * extent, 1);
  const values = bytes.subarray(header);
  return values.length === size && size > 0 ? right({ shape, values }) : failed(
    `${values.length} bytes after the header`,
    `${shape.join(" × ")} = ${size}, and at least 1`,
  );
}
