/**
 * Knowing the images of a source again without reading all of them.
 *
 * @module
 */
import { createHash, type Hash } from "node:crypto";
import type { ImageSource } from "./image_source.ts";

/** What the digest is taken of; another rule needs another number. */
const VERSION = 1;

/** Images whose sizes count, evenly spread where there are more. */
const MOST_SIZES = 2 ** 16;

/** Bytes that are read of images whose sizes are known, about. */
const READ_BYTES = 2 ** 26;

/** Images that are read at least, and at most where their sizes are known and add up to more. */
const [LEAST_READ, MOST_READ] = [8, 256];

/** Images that are read where no sizes are known. */
const READ_BLINDLY = 32;

/** Files that are asked for their size at the same time. */
const AT_ONCE = 16;

/** So many indices below a length, evenly spread, the first one among them. */
const spread = (length: number, most: number): readonly number[] =>
  Array.from(
    { length: Math.min(length, most) },
    (_, i) => length <= most ? i : Math.floor(i * length / most),
  );

/** Bytes of some images as they are stored, −1 where that is not known. */
async function sizesOf(source: ImageSource): Promise<readonly number[]> {
  const { bytes } = source;
  if (bytes === undefined) return [];
  const indices = spread(source.length, MOST_SIZES);
  const sizes = indices.map(() => -1);
  let next = 0;
  const ask = async (): Promise<void> => {
    while (next < indices.length) {
      const at = next++;
      sizes[at] = await bytes(indices[at] ?? 0) ?? -1;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, ask));
  return sizes;
}

/** How many images are read. */
function sampleSize(
  { length }: ImageSource,
  sizes: readonly number[],
  isInMemory: boolean,
): number {
  if (isInMemory) return length;
  if (sizes.length === 0) return READ_BLINDLY;
  const sum = sizes.reduce((total, size) => total + Math.max(0, size), 0);
  const all = sum * length / sizes.length;
  if (all <= READ_BYTES) return length;
  const share = Math.floor(length * READ_BYTES / all);
  return Math.max(LEAST_READ, Math.min(MOST_READ, share));
}

/** Takes an image into a digest; one that cannot be read counts as such. */
async function take(
  hash: Hash,
  source: ImageSource,
  index: number,
): Promise<void> {
  const read = await source.read(index);
  if (read._tag === "Left") return void hash.update(`${index}: unreadable\n`);
  const { right: image } = read;
  const content = image._tag === "EncodedImage" ? image.bytes : image.pixels;
  hash.update(`${index}: ${content.length}\n`);
  hash.update(content);
}

/**
 * A digest of the contents of a source: of the sizes of its images, of at most 65,536
 * evenly spread, and of the bytes of a sample. All images are read where they have no
 * more than 64 MiB together or lie in memory, else at most 256 of them.
 *
 * @param source The images.
 * @returns The number of the rule, a colon, SHA-256 in hexadecimal.
 *
 * @example An image that is replaced under its name
 * ```ts
 * import { contentDigest, imageFolder } from "@vitfreeze/vitfreeze/data";
 * import { orThrow } from "@vitfreeze/vitfreeze/train";
 * import { notStrictEqual, strictEqual } from "node:assert/strict";
 *
 * const folder = await Deno.makeTempDir();
 * await Deno.writeTextFile(`${folder}/a.png`, "one");
 * await Deno.writeTextFile(`${folder}/b.png`, "two");
 * const source = orThrow(await imageFolder(folder));
 * const before = await contentDigest(source);
 * strictEqual(await contentDigest(source), before);
 * await Deno.writeTextFile(`${folder}/b.png`, "2nd");
 * notStrictEqual(await contentDigest(source), before);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function contentDigest(source: ImageSource): Promise<string> {
  const hash = createHash("sha256");
  const sizes = await sizesOf(source);
  hash.update(`${source.length} images\n${sizes.join("\n")}\n`);
  const first = source.length > 0 ? await source.read(0) : null;
  const isInMemory = first?._tag === "Right" && first.right._tag === "RawImage";
  const count = sampleSize(source, sizes, isInMemory);
  for (const index of spread(source.length, count)) {
    await take(hash, source, index);
  }
  return `${VERSION}:${hash.digest("hex")}`;
}
