/** Segmentation of many images by linear layers on the features of their patches. */
import {
  gridSize,
  left,
  type ModelSpec,
  type Result,
  right,
} from "../../../core/mod.ts";
import type { Batch, DataError } from "../../../data/mod.ts";
import { fromSource, type TrainError } from "../../train_error.ts";
import { type WorkOptions, yieldToOthers } from "../../work_options.ts";
import type { RowMaker } from "../image_rows.ts";
import type { ProbeScorer } from "../probe_accuracy.ts";
import {
  countPixels,
  type PixelCounts,
} from "../scores/segmentation_scores.ts";
import { pixelClasses } from "./pixel_classes.ts";

/** What names the pixels of images. */
export interface Segmenter {
  /** Gives an image the features of its patches, one behind the other. */
  readonly maker: RowMaker;
  /** The linear layer on them. */
  readonly scorer: ProbeScorer;
}

/** Images and what their pixels are. */
export interface JudgedImages {
  /** Images in order. */
  readonly batches: AsyncIterable<Result<DataError, Batch>>;
  /** Class of each pixel of an image, `[S, S]`, −1 for none; `null` leaves the image out. */
  readonly truth: (index: number) => Int32Array | null;
  /** Images whose classes are kept, to be drawn. */
  readonly kept: ReadonlySet<number>;
  /** Number of classes. */
  readonly classes: number;
}

/** What was named. */
export interface Segmentation {
  /** Pixels of each image that was judged, in order. */
  readonly images: readonly PixelCounts[];
  /** Named class of each pixel, `[S, S]`, of the images that were kept. */
  readonly kept: ReadonlyMap<number, Int32Array>;
}

/**
 * Names the pixels of images in several ways: each image is made ready once.
 *
 * @param model Sizes of the images and their patches.
 * @param work Progress in images, and a signal that stops it.
 * @returns What each of them named, or the first error.
 */
export async function segmentImages(
  model: ModelSpec,
  segmenters: readonly Segmenter[],
  { batches, truth, kept, classes }: JudgedImages,
  { signal, onProgress }: WorkOptions = {},
): Promise<Result<TrainError, readonly Segmentation[]>> {
  const { imageSize } = model;
  const grid = gridSize(model);
  const found = segmenters.map(() => ({
    images: [] as PixelCounts[],
    kept: new Map<number, Int32Array>(),
  }));
  let images = 0;
  for await (const batch of batches) {
    if (batch._tag === "Left") return left(fromSource(batch.left));
    const { indices, images: pixels } = batch.right;
    for (const [k, { maker, scorer }] of segmenters.entries()) {
      const rows = await maker.rows(pixels);
      if (rows._tag === "Left") return rows;
      const scores = await scorer.score(rows.right);
      if (scores._tag === "Left") return scores;
      const size = grid ** 2 * classes;
      for (const [place, index] of indices.entries()) {
        const labels = truth(index);
        if (labels === null) continue;
        const own = scores.right.subarray(place * size, (place + 1) * size);
        const named = pixelClasses(own, classes, grid, imageSize);
        found[k]?.images.push(countPixels(labels, named, classes));
        if (kept.has(index)) found[k]?.kept.set(index, named);
      }
      const goOn = await yieldToOthers(signal);
      if (goOn._tag === "Left") return goOn;
    }
    images += indices.length;
    onProgress?.(images);
  }
  return right(found);
}
