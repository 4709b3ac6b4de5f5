/** Masks of pictures on black: what is bright is a figure. */
import { type Result, right } from "../../core/mod.ts";
import type { ImageSource } from "../image/image_source.ts";
import type { ImageMask } from "../image/raw_image.ts";
import { badImage, type DataError } from "../report/data_error.ts";

/** Levels from which a pixel belongs to the figure, of 255: an eighth of white. */
export const FIGURE_LEVEL = 32;

/** What the pixels of a figure are: all the same, or of the class of their picture. */
export type FigureKind = "figure" | "class";

/** The images with their masks, and what the numbers in these mean. */
export interface FigureMasks {
  /** The images. */
  readonly source: ImageSource;
  /** Names of the classes of pixels by number. */
  readonly names: readonly string[];
}

/** The number of a picture's figure; `null` for a picture without a class that needs one. */
function numberOf(
  source: ImageSource,
  kind: FigureKind,
  index: number,
): number | null {
  if (kind === "figure") return 1;
  const label = source.label(index);
  return label === null ? null : 1 + label;
}

/** The mask of one picture. */
async function figureMask(
  source: ImageSource,
  kind: FigureKind,
  index: number,
): Promise<Result<DataError, ImageMask>> {
  const name = source.imageName(index);
  const number = numberOf(source, kind, index);
  if (number === null) return badImage(name, "it has no class");
  const read = await source.read(index);
  if (read._tag === "Left") return read;
  const image = read.right;
  if (image._tag !== "RawImage" || image.channels !== 1) {
    return badImage(name, "found a file, wanted grey pixels in memory");
  }
  const { width, height, pixels } = image;
  const levels = pixels.map((level) => level < FIGURE_LEVEL ? 0 : number);
  return right({ name, width, height, levels });
}

/**
 * The same images with masks of their own making: pixels of level 32 and more are figure,
 * all others are ground, 0. That suits grey pictures on black, as those of Fashion-MNIST
 * are: what is worn is bright, what lies around it is black, and seams within it as dark
 * as the ground count as ground.
 *
 * @param source Grey images in memory; of files no mask can be made.
 * @param kind Number of a figure's pixels: 1 in all pictures, or the number of its class,
 * from 1 on.
 *
 * @example Part of the first ankle boot
 * ```ts
 * import { embeddedFashionMnist, figureMasks, orThrow } from "@vitfreeze/vitfreeze";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const images = orThrow(await embeddedFashionMnist());
 * const { source, names } = figureMasks(images, "class");
 * const mask = await source.mask?.(0);
 * if (mask?._tag !== "Right") throw new Error("unreachable");
 * const boot = mask.right.levels.filter((level) => level > 0);
 *
 * deepStrictEqual([names[boot[0] ?? 0], boot.length], ["Ankle boot", 233]);
 * ```
 */
export function figureMasks(
  source: ImageSource,
  kind: FigureKind = "figure",
): FigureMasks {
  const figures = kind === "figure" ? ["figure"] : source.classNames ?? [];
  return {
    names: ["ground", ...figures],
    source: { ...source, mask: (index) => figureMask(source, kind, index) },
  };
}
