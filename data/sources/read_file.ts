/**
 * Whole files as bytes.
 *
 * @module
 */
import { left, type Result, right } from "../../core/mod.ts";
import { type DataError, reasonOf } from "../report/data_error.ts";

const isGzip = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x1f && bytes[1] === 0x8b;

/** Most bytes that an archive may unpack to; larger data sets of this kind do not exist. */
const MOST_UNPACKED = 2 ** 30;

async function gunzip(
  bytes: Uint8Array<ArrayBuffer>,
  most: number,
): Promise<Uint8Array> {
  const plain = new Blob([bytes]).stream()
    .pipeThrough(new DecompressionStream("gzip"));
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of plain) {
    length += part.length;
    if (length > most) throw new Error(`it unpacks to more than ${most} bytes`);
    parts.push(part);
  }
  const all = new Uint8Array(length);
  parts.reduce((at, part) => (all.set(part, at), at + part.length), 0);
  return all;
}

async function readBytes(
  location: string | URL,
): Promise<Uint8Array<ArrayBuffer>> {
  if (typeof location === "string") return Deno.readFile(location);
  if (location.protocol === "file:") return Deno.readFile(location);
  const response = await fetch(location);
  if (!response.ok) throw new Error(`the answer ${response.status}`);
  return response.bytes();
}

/**
 * Reads a file, unpacked if it is a gzip archive by its content.
 *
 * @param location Path or URL; the package itself may live on the web.
 * @param wanted What the file should be, for the message when it is not there.
 * @param most Most bytes that it may unpack to.
 * @returns Its bytes, or why they cannot be had.
 */
export async function readFile(
  location: string | URL,
  wanted: string,
  most: number = MOST_UNPACKED,
): Promise<Result<DataError, Uint8Array>> {
  const path = String(location);
  const failed = (found: string): Result<DataError, never> =>
    left({ _tag: "BadFile", path, found, wanted });
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = await readBytes(location);
  } catch (error) {
    return failed(
      error instanceof Deno.errors.NotFound ? "nothing" : reasonOf(error),
    );
  }
  try {
    return right(isGzip(bytes) ? await gunzip(bytes, most) : bytes);
  } catch (error) {
    return failed(`a damaged gzip archive (${reasonOf(error)})`);
  }
}
