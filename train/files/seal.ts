/**
 * A digest inside of the file that it protects.
 *
 * A safetensors file is sealed if its metadata say `vitfreeze.sha512`: the SHA-512 of
 * the whole file in which these 128 digits are zeros. Other programs pass it over.
 *
 * @module
 */
import { runningDigest } from "./byte_blocks.ts";

/** Name of the digest among the metadata. */
export const SEAL = "vitfreeze.sha512";

/** What stands for the digest while it is computed. */
export const BLANK_SEAL = "0".repeat(128);

/** Nothing in a JSON text looks like this but the one key: quotes in texts have a backslash before them. */
const PLACE = /[{,]"vitfreeze\.sha512":"([0-9a-f]{128})"/;

/** A header without its digest, and the digest. */
export interface OpenedSeal {
  /** The header with zeros instead. */
  readonly blank: Uint8Array;
  /** Where the digits begin in it. */
  readonly at: number;
  /** The digits. */
  readonly sha512: string;
}

/**
 * Finds the digest in the header of a safetensors file.
 *
 * @param header The header's JSON text, with or without its length before it.
 * @returns `null` if it is not written as `encodeSafetensors` does.
 */
export function openSeal(header: Uint8Array): OpenedSeal | null {
  // One letter a byte, so that places in the text are those of the bytes.
  const found = PLACE.exec(new TextDecoder("latin1").decode(header));
  const sha512 = found?.[1];
  if (found === null || sha512 === undefined) return null;
  const at = found.index + found[0].length - 1 - sha512.length;
  const blank = new Uint8Array(header);
  blank.fill(0x30, at, at + sha512.length);
  return { blank, at, sha512 };
}

/**
 * Seals a file.
 *
 * @param parts The file: its header with a blank digest, then anything.
 * @returns The same with the digest in its place.
 */
export function sealed(parts: readonly Uint8Array[]): readonly Uint8Array[] {
  const [header = new Uint8Array(), ...others] = parts;
  const place = openSeal(header);
  if (place === null) return parts;
  const digest = runningDigest();
  for (const part of parts) digest.add(part);
  const written = new Uint8Array(header);
  written.set(new TextEncoder().encode(digest.end()), place.at);
  return [written, ...others];
}
