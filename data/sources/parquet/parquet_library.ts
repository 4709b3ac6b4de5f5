/** The library that reads Parquet, hyparquet, bounded against damaged files. */
import { disk } from "../../resources/disk.ts";
import type { AsyncBuffer } from "npm:hyparquet@1.31.5";
import { reasonOf } from "../../report/data_error.ts";
import type { ReadFields } from "./parquet_pages.ts";
import { readRange } from "../read_file.ts";

/** A page that unpacks to more is refused, bytes. */
export const LARGEST_PAGE = 2 ** 30;

async function load() {
  const [hyparquet, thrift, { compressors }] = await Promise.all([
    import("npm:hyparquet@1.31.5"),
    import("npm:hyparquet@1.31.5/src/thrift.js"),
    import("npm:hyparquet-compressors@1.1.2"),
  ]);
  const bounded = Object.entries(compressors).map(([name, unpack]) =>
    [name, (input: Uint8Array, length: number): Uint8Array => {
      if (length <= LARGEST_PAGE) return unpack(input, length);
      throw new Error(`a page of ${length} bytes`);
    }] as const
  );
  const readFields: ReadFields = thrift.deserializeTCompactProtocol;
  return { ...hyparquet, readFields, compressors: Object.fromEntries(bounded) };
}

let loading: ReturnType<typeof load> | null = null;

/** The library and its decompressors; loaded when the first file is opened. */
export const parquetLibrary = (): ReturnType<typeof load> => loading ??= load();

/**
 * A file as the library reads it, opened for each read: nothing is left open behind.
 *
 * @throws Error of the system.
 */
export async function bufferOf(path: string): Promise<AsyncBuffer> {
  const { size } = await disk.stat(path);
  const within = (at: number): boolean =>
    Number.isSafeInteger(at) && at >= 0 && at <= size;
  return {
    byteLength: size,
    slice: async (start, end = size) => {
      if (!within(start) || !within(end) || start > end) {
        throw new Error(`bytes ${start} to ${end} of a file of ${size}`);
      }
      return (await readRange(path, start, end - start)).buffer;
    },
  };
}

/**
 * Fault of a file, of an exception: what the library stumbles over in a
 * damaged file says nothing to a user.
 */
export function damage(thrown: unknown): string {
  const isStumble = thrown instanceof TypeError || thrown instanceof RangeError;
  return isStumble
    ? "a damaged file"
    : reasonOf(thrown).replace(/\b(undefined|NaN)\b/g, "unknown");
}
