/**
 * Whole files as bytes.
 *
 * @module
 */
import { left, type Result, right } from "../core/mod.ts";
import { type DataError, reasonOf } from "./data_error.ts";

const isGzip = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x1f && bytes[1] === 0x8b;

async function gunzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const plain = new Blob([bytes]).stream()
    .pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(plain).arrayBuffer());
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
 * @returns Its bytes, or why they cannot be had.
 */
export async function readFile(
  location: string | URL,
  wanted: string,
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
    return right(isGzip(bytes) ? await gunzip(bytes) : bytes);
  } catch (error) {
    return failed(`a damaged gzip archive (${reasonOf(error)})`);
  }
}
