/**
 * Bytes of any number, for calls that take no more than some.
 *
 * @module
 */
import { createHash } from "node:crypto";

/** Bytes that one call reads, writes or digests; the system's calls end at 2 GiB. */
export const BLOCK_BYTES = 2 ** 26;

/** The parts of bytes that one call may take. */
export function* blocksOf(
  bytes: Uint8Array,
  blockBytes = BLOCK_BYTES,
): Generator<Uint8Array, void, void> {
  for (let at = 0; at < bytes.length; at += blockBytes) {
    yield bytes.subarray(at, at + blockBytes);
  }
}

/** SHA-512 of bytes that come one part after the other. */
export interface RunningDigest {
  /** Takes the next part. */
  readonly add: (part: Uint8Array | string) => void;
  /** The digest of all parts, in hexadecimal; once. */
  readonly end: () => string;
}

/** A digest of no byte yet. */
export function runningDigest(): RunningDigest {
  const hash = createHash("sha512");
  return {
    add: (part) => {
      if (typeof part === "string") hash.update(part);
      else for (const block of blocksOf(part)) hash.update(block);
    },
    end: () => hash.digest("hex"),
  };
}

/**
 * Why bytes are not those that a digest was of, or `null` if they are.
 *
 * @param found Their SHA-512, in hexadecimal.
 * @param wanted The digest.
 */
export function digestDifference(found: string, wanted: string): string | null {
  return found === wanted
    ? null
    : `its SHA-512 begins ${found.slice(0, 12)}, wanted ${
      wanted.slice(0, 12)
    }: it is not as it was written`;
}
