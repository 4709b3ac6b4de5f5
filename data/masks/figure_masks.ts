/** Masks of pictures on black: what is bright is a figure. */
import { type Result, right } from "../../core/mod.ts";
import type { ImageSource } from "../image/image_source.ts";
import type { ImageMask } from "../image/raw_image.ts";
import { badImage, type DataError } from "../report/data_error.ts";

/** Levels from which a pixel belongs to the figure, of 255: an eighth of white. */
export const FIGURE_LEVEL = 32;

/** Names of the classes by number. */
export const FIGURE_CLASSES: readonly string[] = ["ground", "figure"];

/**
 * The same images with masks of their own making: pixels of level 32 and more are figure,
 * 1, all others are ground, 0. That suits grey pictures on black, as those of Fashion-MNIST
 * are: what is worn is bright, what lies around it is black, and seams within it as dark
 * as the ground count as ground.
 *
 * @param source Grey images in memory; of files no mask can be made.
 *
 * @example Part of the first ankle boot
 * ```ts
 * import { embeddedFashionMnist, figureMasks, orThrow } from "@vitfreeze/vitfreeze";
 * import { strictEqual } from "node:assert/strict";
 *
 * const { mask } = figureMasks(orThrow(await embeddedFashionMnist()));
 * if (mask === undefined) throw new Error("unreachable");
 * const { levels } = orThrow(await mask(0));
 *
 * strictEqual((levels.filter((level) => level === 1).length / 784).toFixed(2), "0.30");
 * ```
 */
export function figureMasks(source: ImageSource): ImageSource {
  return {
    ...source,
    mask: async (index): Promise<Result<DataError, ImageMask>> => {
      const name = source.imageName(index);
      const read = await source.read(index);
      if (read._tag === "Left") return read;
      const image = read.right;
      if (image._tag !== "RawImage" || image.channels !== 1) {
        return badImage(name, "found a file, wanted grey pixels in memory");
      }
      const { width, height, pixels } = image;
      const levels = pixels.map((level) => level < FIGURE_LEVEL ? 0 : 1);
      return right({ name, width, height, levels });
    },
  };
}
