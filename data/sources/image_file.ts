/**
 * The bytes of image files.
 *
 * @module
 */
import { kindOfBytes } from "../../core/mod.ts";
import {
  IMAGE_FORMATS,
  type ImageFileFormat,
  imageFormat,
} from "../image/image_format.ts";

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

/** Of larger files the first bytes are looked at before all of them are read, bytes. */
const MOST_UNSEEN = 2 ** 24;

/** Bytes that say what a file is. */
const HEAD_BYTES = 512;

/**
 * Refuses what is no image of a format that is decoded, by its first bytes.
 *
 * @param bytes The file, or its first 512 bytes where it has more.
 * @returns The format.
 * @throws With what was found instead.
 */
export function formatOf(bytes: Uint8Array): ImageFileFormat {
  const format = imageFormat(bytes);
  if (format !== null) return format;
  const found = kindOfBytes(bytes) ?? "unknown first bytes";
  throw new Error(`found ${found}, wanted a ${IMAGE_FORMATS} image`);
}

async function checkHead(path: string): Promise<void> {
  using file = await Deno.open(path);
  const head = new Uint8Array(HEAD_BYTES);
  formatOf(head.subarray(0, await file.read(head) ?? 0));
}

/**
 * Reads an image file.
 *
 * @param path The file.
 * @throws What the system says, that the file is too large, or what a large one is that
 * is no image.
 */
export async function readImageFile(
  path: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const { size } = await Deno.stat(path);
  checkImageBytes(size);
  if (size > MOST_UNSEEN) await checkHead(path);
  return await Deno.readFile(path);
}
