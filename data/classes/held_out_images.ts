/** Images that a training never sees, and the draw of all parts of a source. */
import { type Faults, left, type Result, rootKey } from "../../core/mod.ts";
import type { ImageSource } from "../image/image_source.ts";
import { type ClassSplit, splitByClass } from "./split_by_class.ts";

/** Key of all draws of images: they are the same for every run, so that runs can be compared. */
export const DRAW_KEY = rootKey(0);

/** Images held out at most, where nobody says how many. */
const HELD_OUT = 2000;

/**
 * Images that are held out of a source where nobody says how many: a fifth, at most 2000.
 *
 * @param length Images of the source.
 */
export function heldOutCount(length: number): number {
  return Math.min(HELD_OUT, Math.floor(length / 5));
}

/**
 * Keeps a part of the images away from learning, with its share of each class. It is the
 * same part each time, and the one that `pretrain` holds out.
 *
 * @param source All images, with or without classes.
 * @param count Images to keep away, a whole number in `[1, source.length − 1]`; by default
 * a fifth, at most 2000.
 * @returns `share`, which was kept away, and `rest`, to learn from; or the fault of `count`:
 * fewer than five images have no fifth.
 *
 * @example A fifth of the embedded images
 * ```ts
 * import { embeddedFashionMnist, heldOutImages, orThrow } from "@vitfreeze/vitfreeze";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const { share, rest } = orThrow(heldOutImages(orThrow(await embeddedFashionMnist())));
 *
 * deepStrictEqual([share.length, rest.length], [2000, 8000]);
 * ```
 */
export function heldOutImages(
  source: ImageSource,
  count: number = heldOutCount(source.length),
): Result<Faults, ClassSplit> {
  if (source.length > 1) return splitByClass(source, count, DRAW_KEY);
  const wanted = "at least 2, one for each part";
  const found = source.length;
  return left([{ _tag: "OutOfRange", path: "images", found, wanted }]);
}
