/** Small pictures for a sheet. */
import { left, type Result, right } from "../../core/mod.ts";
import {
  badImages,
  evalTransform,
  type ImageSource,
  loadAll,
  selectImages,
  shownPixels,
} from "../../data/mod.ts";
import type { TrainError } from "../../train/mod.ts";

/** A picture as it is drawn. */
export interface Thumbnail {
  readonly width: number;
  readonly height: number;
  readonly channels: 3;
  readonly pixels: Uint8Array;
}

/** Side of a thumbnail, pixels: twice that of its place on a sheet. */
const SIDE = 208;

const BATCH = 16;

/**
 * The middles of some pictures, small.
 *
 * @param source The pictures.
 * @param indices Which of them.
 * @returns Thumbnails by index, or the error that ends them; a picture that cannot be read
 * has none.
 */
export async function thumbnails(
  source: ImageSource,
  indices: Iterable<number>,
): Promise<Result<TrainError, ReadonlyMap<number, Thumbnail>>> {
  const wanted = Int32Array.from(new Set(indices)).sort();
  const { normalization } = source;
  const made = evalTransform({ imageSize: SIDE, inChannels: 3, normalization });
  if (made._tag === "Left") {
    return left({ _tag: "BadConfig", faults: made.left });
  }
  const found = new Map<number, Thumbnail>();
  const batches = loadAll({
    source: selectImages(source, wanted),
    ...{ transform: made.right, batchSize: BATCH, recycles: true },
    badImages: badImages(wanted.length, 1),
  });
  const size = 3 * SIDE ** 2;
  for await (const batch of batches) {
    if (batch._tag === "Left") {
      return left({ _tag: "DataFailed", error: batch.left });
    }
    const { images, indices: places } = batch.right;
    places.forEach((place, i) => {
      const image = images.subarray(i * size, (i + 1) * size);
      const pixels = shownPixels(image, 3, normalization);
      const shape = { width: SIDE, height: SIDE, channels: 3 } as const;
      found.set(wanted[place] ?? -1, { ...shape, pixels });
    });
  }
  return right(found);
}
