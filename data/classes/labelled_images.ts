/**
 * The images of a source that have a label, for what is judged by classes.
 *
 * @module
 */
import type { ImageSource } from "../image/image_source.ts";
import { selectImages } from "./select_images.ts";

/**
 * The images of a source that have a label.
 *
 * @param source All images.
 * @returns The same source where all have one; none of its images where none has.
 *
 * @example Two of three images
 * ```ts
 * import { embeddedFashionMnist, labelledImages } from "@vitfreeze/vitfreeze/data";
 * import { strictEqual } from "node:assert/strict";
 *
 * const all = await embeddedFashionMnist();
 * if (all._tag === "Right") {
 *   const label = (index: number) => index < 100 ? null : all.right.label(index);
 *   strictEqual(labelledImages({ ...all.right, label }).length, 9900);
 * }
 * ```
 */
export function labelledImages(source: ImageSource): ImageSource {
  const indices = Int32Array.from(
    Array.from({ length: source.length }, (_, index) => index)
      .filter((index) => source.label(index) !== null),
  );
  return indices.length === source.length
    ? source
    : selectImages(source, indices);
}

/**
 * Why a source cannot be judged by classes.
 *
 * @param source A source without classes.
 * @returns A clause about its images, with what is wrong with labels that are there.
 */
export function noClassesReason({ labelFault }: ImageSource): string {
  return labelFault === null || labelFault === undefined
    ? "they have no classes"
    : `their labels are no classes: ${labelFault}`;
}
