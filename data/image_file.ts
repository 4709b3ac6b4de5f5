/**
 * The bytes of image files.
 *
 * @module
 */
import { counted } from "./counted.ts";

/** A larger file is no image: the largest pictures that are decoded have half of this, bytes. */
export const MOST_IMAGE_BYTES = 2 ** 30;

/**
 * Refuses images that are too large before memory is asked for.
 *
 * @param size Bytes that a file has, or that an archive says it has.
 * @throws If they are more than `MOST_IMAGE_BYTES`.
 */
export function checkImageBytes(size: number): void {
  if (size <= MOST_IMAGE_BYTES) return;
  throw new Error(`it has ${size} bytes, wanted at most ${MOST_IMAGE_BYTES}`);
}

/**
 * Reads an image file.
 *
 * @param path The file.
 * @throws What the system says, or that the file is too large.
 */
export async function readImageFile(
  path: string,
): Promise<Uint8Array<ArrayBuffer>> {
  checkImageBytes((await Deno.stat(path)).size);
  return await Deno.readFile(path);
}

/** Files that may hold images which are out of reach. */
const PACKED = /\.(zip|tar|tgz|tar\.(gz|bz2|xz|zst)|7z|rar)$/i;

/**
 * What is found where no image is: how many files, one of them by name, and
 * whether it wants to be unpacked.
 *
 * @param names Names of the files.
 */
export function noImageAmong(names: readonly string[]): string {
  const packed = names.find((name) => PACKED.test(name));
  const example = packed ?? names[0];
  if (example === undefined) return "no file";
  const advice = packed === undefined ? "" : ", still packed";
  return `no image among ${
    counted(names.length, "file")
  } (${example}${advice})`;
}
