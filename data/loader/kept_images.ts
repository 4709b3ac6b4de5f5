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
 * @returns An option of `loadBatches` for iterations over that source by one transform;
 * batches are the same with it.
 *
 * @example Two epochs, in the second of which nothing is decoded
 * ```ts
 * import { keptImages, loadBatches, openSource, orThrow, trainTransform } from "@vitfreeze/vitfreeze";
 *
 * async function twoEpochs(folder: string): Promise<void> {
 *   const source = orThrow(await openSource(folder));
 *   const { normalization } = source;
 *   const transform = orThrow(trainTransform({ imageSize: 64, inChannels: 3, normalization }));
 *   const kept = keptImages(source.length);
 *   for (const epoch of [0, 1]) {
 *     const options = { source, transform, seed: 0, epoch, batchSize: 16, kept };
 *     for await (const batch of loadBatches(options)) orThrow(batch);
 *   }
 * }
 * ```
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
