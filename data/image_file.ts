/**
 * The bytes of image files.
 *
 * @module
 */

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
