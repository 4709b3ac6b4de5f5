/** Some pictures as the encoder sees them, small. */
import { left, type Result, right } from "../../core/mod.ts";
import {
  evalTransform,
  loadAll,
  selectImages,
  shownPixels,
} from "../../data/mod.ts";
import type { PictureImage } from "../../plot/mod.ts";
import type { TrainError } from "../../train/mod.ts";
import type { ImagePart } from "../evaluate/features.ts";
import { type ShownWork, underBar } from "../output/progress_bar.ts";
import type { OpenedPictures } from "./opened_pictures.ts";

/** Pictures of a batch, normalised. */
interface Loaded {
  /** Index of each in its source. */
  readonly indices: readonly number[];
  /** `[C, S, S]` each. */
  readonly images: readonly Float32Array[];
}

/** The middles of some images, in the order of their indices; those that cannot be read are left out. */
export async function someImages(
  { encoder: { model }, resizeSize, ...parts }: OpenedPictures,
  part: ImagePart,
  wanted: readonly number[],
  side: number,
  shown: ShownWork,
): Promise<Result<TrainError, Loaded>> {
  const source = parts[part];
  const { inChannels, imageSize } = model;
  const { normalization } = source;
  const transform = evalTransform({
    ...{ imageSize: side, inChannels, normalization },
    resizeSize: Math.round(resizeSize * side / imageSize),
  });
  if (transform._tag === "Left") {
    return left({ _tag: "BadConfig", faults: transform.left });
  }
  const some = Int32Array.from(new Set(wanted)).sort();
  const found: { indices: number[]; images: Float32Array[] } = {
    indices: [],
    images: [],
  };
  if (some.length === 0) return right(found);
  const batches = loadAll({
    source: selectImages(source, some),
    transform: transform.right,
    batchSize: Math.min(8, some.length),
  });
  return await underBar(
    shown,
    "pictures to draw",
    some.length,
    async ({ signal, onProgress }) => {
      for await (const batch of batches) {
        if (batch._tag === "Left") {
          return left({ _tag: "DataFailed", error: batch.left });
        }
        if (signal?.aborted) return left({ _tag: "Stopped" });
        const { images, indices } = batch.right;
        const size = images.length / indices.length;
        indices.forEach((index, i) => {
          found.indices.push(some[index] ?? -1);
          found.images.push(images.slice(i * size, (i + 1) * size));
        });
        onProgress?.(found.indices.length);
      }
      return right(found);
    },
  );
}

/** A normalised image as it is drawn. */
export function pictureOf(
  image: Float32Array,
  { encoder: { model }, validation: { normalization } }: OpenedPictures,
  side: number,
): PictureImage {
  const channels = model.inChannels === 1 ? 1 : 3;
  const pixels = shownPixels(image, channels, normalization);
  return { width: side, height: side, channels, pixels };
}

/** Small pictures of some images, by their index; those that cannot be read are left out. */
export async function thumbnails(
  opened: OpenedPictures,
  part: ImagePart,
  wanted: readonly number[],
  most: number,
  shown: ShownWork,
): Promise<Result<TrainError, ReadonlyMap<number, PictureImage>>> {
  const side = Math.min(most, opened.encoder.model.imageSize);
  const found = await someImages(opened, part, wanted, side, shown);
  if (found._tag === "Left") return found;
  const { indices, images } = found.right;
  return right(
    new Map(
      indices.map((index, i) =>
        [index, pictureOf(images[i]!, opened, side)] as const
      ),
    ),
  );
}
