/** A source of pictures in memory. */
import { right } from "../core/mod.ts";
import type { ImageSource } from "../data/image/image_source.ts";
import {
  IMAGENET_NORMALIZATION,
  type Normalization,
} from "../data/image/normalization.ts";
import type { RawImage } from "../data/image/raw_image.ts";
import { counted } from "../data/report/counts.ts";
import { badImage } from "../data/report/data_error.ts";

/**
 * A source of pictures in memory, without labels.
 *
 * @param name Name for messages.
 * @param images The pictures, of any sizes.
 * @param normalization Statistics of their pixels; those of photographs by default.
 * @returns The source; it reads nothing and copies nothing.
 *
 * @example Two pictures of one colour
 * ```ts
 * import { imagesOf } from "@vitfreeze/vitfreeze/web";
 * import { strictEqual } from "node:assert/strict";
 *
 * const square = { _tag: "RawImage", width: 2, height: 2, channels: 1 } as const;
 * const levels = [0, 255].map((level) => new Uint8Array(4).fill(level));
 * const source = imagesOf("squares", levels.map((pixels) => ({ ...square, pixels })));
 * strictEqual(source.summary, "2 images");
 * ```
 */
export function imagesOf(
  name: string,
  images: readonly RawImage[],
  normalization: Normalization = IMAGENET_NORMALIZATION,
): ImageSource {
  const imageName = (index: number): string => `${name}, image ${index}`;
  return {
    name,
    summary: counted(images.length, "image"),
    length: images.length,
    classNames: null,
    normalization,
    label: () => null,
    imageName,
    read: (index) => {
      const image = images[index];
      return Promise.resolve(
        image === undefined
          ? badImage(imageName(index), "there is no such image")
          : right(image),
      );
    },
  };
}
