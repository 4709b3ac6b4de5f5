/** Digest of numbers, by which they are known again. */
import { createHash } from "node:crypto";
import type { HostTensors } from "../engine/tensors.ts";

/** The first 64 bits of the SHA-256 of numbers under their names, in hexadecimal. */
export function numbersDigest(tensors: HostTensors): string {
  const hash = createHash("sha256");
  for (const [name, { buffer, byteOffset, byteLength }] of tensors) {
    hash.update(`${name}: ${byteLength} bytes\n`);
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.digest("hex").slice(0, 16);
}
