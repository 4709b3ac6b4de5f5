/**
 * Pictures that stay decoded, where all of a source fit in a little memory: small sets are
 * seen hundreds of times, and to decode a small picture takes longer than to learn from it.
 */
import type { EncodedImage, RawImage } from "../image/raw_image.ts";
import { availableMemory } from "../resources/available_memory.ts";
import { decodeWhole } from "./render_image.ts";

/** Decoded pictures by their index in a source. */
export interface KeptImages {
  /** The pixels of a picture, `null` where they are not kept. */
  at(index: number): RawImage | null;
  /**
   * Decodes a picture and keeps it, if all of them may be kept.
   *
   * @returns Its pixels; the file itself where it is not to be kept.
   * @throws What is wrong with the file, in the words of its decoder.
   */
  keep(index: number, image: EncodedImage): Promise<RawImage | EncodedImage>;
}

/** Bytes of kept pictures at most, and the part of the free memory that they may take. */
const MOST_BYTES = 2 ** 29;
const MOST_PART = 1 / 16;

/** Pictures by which the size of all is reckoned. */
const SAMPLE = 32;

/** Bytes that may be kept. */
const allowance = (): number =>
  Math.min(MOST_BYTES, MOST_PART * (availableMemory() ?? MOST_BYTES));

/**
 * Keeps the pictures of a source decoded, as long as all of them seem to fit. Once they do
 * not, none is kept any more: a part of a large source would save little.
 *
 * @param length Pictures of the source.
 * @param mostBytes Bytes that they may take; by default a sixteenth of the free memory and
 * half a gibibyte at most.
 */
export function keptImages(
  length: number,
  mostBytes: number = allowance(),
): KeptImages {
  let kept: Map<number, RawImage> | null = new Map();
  let bytes = 0;
  const add = (index: number, image: RawImage): void => {
    if (kept === null || kept.has(index)) return;
    kept.set(index, image);
    bytes += image.pixels.length;
    const all = kept.size < SAMPLE ? bytes : bytes * length / kept.size;
    if (all > mostBytes) kept = null;
  };
  return {
    at: (index) => kept?.get(index) ?? null,
    keep: async (index, image) => {
      if (kept === null) return image;
      const pixels = await decodeWhole(image);
      add(index, pixels);
      return pixels;
    },
  };
}
