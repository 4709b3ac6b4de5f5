/** Knowing the images of a source again without reading all of them. */
import { createHash } from "node:crypto";
import type { ImageSource } from "../image/image_source.ts";
import { spread } from "./inspect_files.ts";

/** Version of the rule by which the digest is taken. */
const VERSION = 1;

/** Images whose sizes count, evenly spread where there are more. */
const MOST_SIZES = 2 ** 16;

/** Bytes that are read of images whose sizes are known, about. */
const READ_BYTES = 2 ** 26;

/** Images that are read at least, and at most where their sizes are known and add up to more. */
const [LEAST_READ, MOST_READ] = [8, 256];

/** Images that are read where no sizes are known. */
const READ_BLINDLY = 32;

/** Parts of a source that have digests of their own; images, where there are not more. */
const MOST_PARTS = 1024;

/** Hexadecimal digits of the digest of a part. */
const DIGITS = 12;

/** Files that are asked for their size at the same time. */
const AT_ONCE = 16;

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

/** Count of the images that are read. */
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

/** Digest of an image, or of the fact that it cannot be read. */
async function contentOf(
  source: ImageSource,
  index: number,
): Promise<Uint8Array> {
  const read = await source.read(index);
  if (read._tag === "Left") return new TextEncoder().encode("unreadable");
  const { right: image } = read;
  return image._tag === "EncodedImage" ? image.bytes : image.pixels;
}

/**
 * Digests of the contents of a source, a part at a time: of the sizes of its images, of
 * at most 65,536 evenly spread, and of the bytes of a sample. All images are read where
 * they have no more than 64 MiB together or lie in memory, else at most 256 of them.
 *
 * @returns The number of the rule, a colon, and 12 hexadecimal digits of SHA-256 for each
 * of at most 1,024 parts.
 */
export async function contentDigest(source: ImageSource): Promise<string> {
  const { length } = source;
  const count = Math.min(length, MOST_PARTS);
  const hashes = Array.from({ length: count }, () => createHash("sha256"));
  const partOf = (index: number) => hashes[Math.floor(index * count / length)];
  const sizes = await sizesOf(source);
  spread(length, MOST_SIZES).forEach((index, i) =>
    partOf(index)?.update(`${index}: ${sizes[i] ?? "unknown"} bytes\n`)
  );
  const first = length > 0 ? await source.read(0) : null;
  const isInMemory = first?._tag === "Right" && first.right._tag === "RawImage";
  for (const index of spread(length, sampleSize(source, sizes, isInMemory))) {
    const content = await contentOf(source, index);
    partOf(index)?.update(`${index}: ${content.length}\n`).update(content);
  }
  const digests = hashes.map((hash) => hash.digest("hex").slice(0, DIGITS));
  return `${VERSION}:${digests.join("")}`;
}

/** Changes between two digests of a source. */
export interface ChangedContents {
  /** Parts that there are. */
  readonly parts: number;
  /** Those that differ, in order. */
  readonly changed: readonly number[];
}

/**
 * Compares two digests of a source that has as many images as before.
 *
 * @param before By `contentDigest`.
 * @param now The same.
 * @returns Change in words; `null` if they are of different rules and tell nothing.
 */
export function changedContents(
  before: string,
  now: string,
): ChangedContents | null {
  const [[rule, old = ""], [other, fresh = ""]] = [before, now].map((digest) =>
    digest.split(":")
  ) as [string[], string[]];
  if (rule !== other || old.length !== fresh.length) return null;
  const parts = old.length / DIGITS;
  const at = (digests: string, part: number): string =>
    digests.slice(part * DIGITS, (part + 1) * DIGITS);
  const changed = Array.from({ length: parts }, (_, part) => part)
    .filter((part) => at(old, part) !== at(fresh, part));
  return { parts, changed };
}
