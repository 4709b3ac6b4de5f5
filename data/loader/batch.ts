/** Several images as one tensor. */
import { left, type Result, right } from "../../core/mod.ts";
import type { ImageSource } from "../image/image_source.ts";
import { disposing } from "../resources/disposing.ts";
import type { RecycledMemory } from "../resources/recycled_memory.ts";
import type { DataError } from "../report/data_error.ts";
import { semaphore } from "../resources/semaphore.ts";
import type { ImageFormat } from "../transforms/transform.ts";
import { levelTables } from "../transforms/write_view.ts";
import type { ImageWorkers } from "./image_workers.ts";
import {
  type LoadedIndex,
  sampleLoader,
  type SampleRecipe,
} from "./load_sample.ts";

/** Common to batches of numbers and of levels. */
export interface BatchHead {
  /** Extents of `images`: `[B, C, height, width]`. */
  readonly shape: readonly [number, number, number, number];
  /** Index of each image in its source, `[B]`. */
  readonly indices: Int32Array;
  /** Class of each image, `[B]`, −1 for one without a label; `null` when the source has none. */
  readonly labels: Int32Array | null;
}

/** Images that are shown to the model together. */
export interface Batch extends BatchHead {
  /** Normalised pixels, row-major. */
  readonly images: Float32Array;
}

/** Images in bytes: a quarter of the memory. The normalised pixels are `levels[c][byte]`. */
export interface LevelBatch extends BatchHead {
  /** Levels of the pixels, row-major. */
  readonly images: Uint8Array;
  /** The number of each of the 256 levels, for each channel. */
  readonly levels: readonly Float32Array[];
}

/** Form in which batches hold their pixels. */
export interface BatchForm<Made extends Batch | LevelBatch> {
  /** Bytes of a pixel of one channel. */
  readonly bytes: number;
  /** The first pixels in a piece of memory. */
  view(memory: ArrayBufferLike, length: number): Made["images"];
  /** The batch of these pixels. */
  batch(head: BatchHead, images: Made["images"]): Made;
}

/** Normalised pixels. */
export const NUMBERS: BatchForm<Batch> = {
  bytes: Float32Array.BYTES_PER_ELEMENT,
  view: (memory, length) => new Float32Array(memory, 0, length),
  batch: (head, images) => ({ ...head, images }),
};

/** Levels of pixels, and the numbers that they stand for in a format. */
export function levelsIn(format: ImageFormat): BatchForm<LevelBatch> {
  const levels = levelTables(format);
  return {
    bytes: Uint8Array.BYTES_PER_ELEMENT,
    view: (memory, length) => new Uint8Array(memory, 0, length),
    batch: (head, images) => ({ ...head, images, levels }),
  };
}

/** Common to all batches of an iteration. */
export interface BatchRecipe<Made extends Batch | LevelBatch>
  extends SampleRecipe {
  /** Form of the pixels. */
  readonly form: BatchForm<Made>;
  /** Memory of the images; shared where workers make them ready. */
  readonly memory: RecycledMemory<ArrayBufferLike>;
}

/** Makes the batch of some images. */
export type MakeBatch<Made> = (
  indices: Int32Array,
) => Promise<Result<DataError, Made>>;

/**
 * Images that are on their way at the same time: some wait for the disk while
 * others are decoded.
 */
const inFlight = (workers: ImageWorkers | undefined): number =>
  workers === undefined ? 2 * navigator.hardwareConcurrency : 3 * workers.count;

function labelsOf(
  source: ImageSource,
  indices: Int32Array,
): Int32Array | null {
  return source.classNames === null
    ? null
    : indices.map((index) => source.label(index) ?? -1);
}

/** Images that were loaded, without the skipped ones. */
function batchOf<Made extends Batch | LevelBatch>(
  { source, rule: { transform }, form }: BatchRecipe<Made>,
  images: Made["images"],
  loaded: readonly LoadedIndex[],
): Made {
  const { inChannels, imageSize } = transform;
  const size = images.length / loaded.length;
  const indices = Int32Array.from(loaded.filter((index) => index !== null));
  const kept = form.view(images.buffer, indices.length * size);
  let to = 0;
  loaded.forEach((index, from) => {
    if (index === null) return;
    if (from !== to) {
      images.copyWithin(to * size, from * size, from * size + size);
    }
    to++;
  });
  const shape = [indices.length, inChannels, imageSize, imageSize] as const;
  const labels = labelsOf(source, indices);
  return form.batch({ shape, indices, labels }, kept);
}

/**
 * A function that makes batches. Whatever the number of batches that are asked
 * for at once, only a few images are on their way at a time, those of earlier
 * batches first.
 *
 * @param signal Batches resolve soon when it is aborted.
 * @returns From indices to a batch, or to the first error met. After an abort
 * images may be missing from the batch: it must not be used. For evaluation the
 * batch lacks the images that were skipped; for training others stand in.
 */
export function batchMaker<Made extends Batch | LevelBatch>(
  recipe: BatchRecipe<Made>,
  signal: AbortSignal,
): MakeBatch<Made> {
  const { form, memory, rule: { transform: { imageSize, inChannels } } } =
    recipe;
  const size = inChannels * imageSize ** 2;
  const place = semaphore(inFlight(recipe.workers));
  const loadSample = sampleLoader(recipe);
  return async (indices) => {
    const count = indices.length * size;
    const images = form.view(memory.take(count * form.bytes), count);
    let error: DataError | null = null;
    const placed = async (
      index: number,
      position: number,
    ): Promise<LoadedIndex> => {
      if (error !== null || signal.aborted) return null;
      const target = images.subarray(position * size, (position + 1) * size);
      const loaded = await loadSample(index, target);
      if (loaded._tag === "Right") return loaded.right;
      error ??= loaded.left;
      return null;
    };
    const one = (index: number, position: number): Promise<LoadedIndex> =>
      disposing(place(), () => placed(index, position));
    const loaded = await Promise.all(Array.from(indices, one));
    return error === null
      ? right(batchOf(recipe, images, loaded))
      : left(error);
  };
}
