/** Some images of a source, small, as they are drawn. */
import { left, type Result, right } from "../../core/mod.ts";
import {
  badImages,
  evalTransform,
  type ImageSource,
  loadAll,
  selectImages,
  shownPixels,
} from "../../data/mod.ts";
import type { PictureImage } from "../../plot/mod.ts";
import type { TrainError, WorkOptions } from "../../train/mod.ts";

/** Size and channels of images to draw. */
export interface ImageView {
  /** Side, pixels. */
  readonly side: number;
  /** Channels. */
  readonly channels: 1 | 3;
  /** Length of the shorter side before the middle is cut out; the side by default. */
  readonly resizeSize?: number;
}

/** Images that are loaded at once. */
const BATCH = 16;

/**
 * The middles of some images, normalised, `[C, S, S]` each.
 *
 * @param wanted Their numbers in the source.
 * @returns The images by their numbers, rising, or the error that ends them; one that cannot
 * be read is left out.
 */
export async function someImages(
  source: ImageSource,
  wanted: Iterable<number>,
  { side, channels, resizeSize = side }: ImageView,
  { signal, onProgress }: WorkOptions = {},
): Promise<Result<TrainError, ReadonlyMap<number, Float32Array>>> {
  const { normalization } = source;
  const format = { imageSize: side, inChannels: channels, resizeSize };
  const transform = evalTransform({ ...format, normalization });
  if (transform._tag === "Left") {
    return left({ _tag: "BadConfig", faults: transform.left });
  }
  const numbers = Int32Array.from(new Set(wanted)).sort();
  const found = new Map<number, Float32Array>();
  if (numbers.length === 0) return right(found);
  const batches = loadAll({
    source: selectImages(source, numbers),
    ...{ transform: transform.right, batchSize: BATCH },
    badImages: badImages(numbers.length, 1),
  });
  for await (const batch of batches) {
    if (batch._tag === "Left") {
      return left({ _tag: "DataFailed", error: batch.left });
    }
    if (signal?.aborted) return left({ _tag: "Stopped" });
    const { images, indices } = batch.right;
    const size = images.length / indices.length;
    indices.forEach((place, i) =>
      found.set(numbers[place] ?? -1, images.slice(i * size, (i + 1) * size))
    );
    onProgress?.(found.size);
  }
  return right(found);
}

/** A normalised image as it is drawn. */
export function drawnImage(
  image: Float32Array,
  { normalization }: Pick<ImageSource, "normalization">,
  { side, channels }: ImageView,
): PictureImage {
  const pixels = shownPixels(image, channels, normalization);
  return { width: side, height: side, channels, pixels };
}

/** The images of {@link someImages} as they are drawn. */
export async function thumbnails(
  source: ImageSource,
  wanted: Iterable<number>,
  view: ImageView,
  work?: WorkOptions,
): Promise<Result<TrainError, ReadonlyMap<number, PictureImage>>> {
  const found = await someImages(source, wanted, view, work);
  return found._tag === "Left" ? found : right(
    new Map(
      [...found.right].map(([number, image]) =>
        [number, drawnImage(image, source, view)] as const
      ),
    ),
  );
}
