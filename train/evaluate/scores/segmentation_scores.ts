/** How well pixels are named: overlap of what is and what is named, class by class. */

/** Pixels of each class, `[classes]`; only pixels that have a class are counted. */
export interface PixelCounts {
  /** Pixels that are of it. */
  readonly are: Float64Array;
  /** Pixels that are named it. */
  readonly named: Float64Array;
  /** Pixels that are both: named rightly. */
  readonly found: Float64Array;
}

/** No pixels of so many classes. */
export const noPixels = (classes: number): PixelCounts => ({
  are: new Float64Array(classes),
  named: new Float64Array(classes),
  found: new Float64Array(classes),
});

/**
 * Counts pixels.
 *
 * @param labels True class of each pixel; one outside `[0, classes)` is left out.
 * @param named Named class of each; one outside `[0, classes)` is wrong.
 */
export function countPixels(
  labels: Int32Array,
  named: Int32Array,
  classes: number,
): PixelCounts {
  const counts = noPixels(classes);
  for (const [pixel, label] of labels.entries()) {
    if (label < 0 || label >= classes) continue;
    const name = named[pixel] ?? -1;
    counts.are[label]!++;
    if (name >= 0 && name < classes) counts.named[name]!++;
    if (name === label) counts.found[label]!++;
  }
  return counts;
}

/** Adds counts to others, in place. */
export function addCounts(sum: PixelCounts, one: PixelCounts): void {
  for (const part of ["are", "named", "found"] as const) {
    one[part].forEach((count, label) => sum[part][label]! += count);
  }
}

/** One class of a segmentation. */
export interface ClassOverlap {
  /** Pixels that are of the class. */
  readonly are: number;
  /** Pixels that are named it. */
  readonly named: number;
  /** Pixels that are both. */
  readonly found: number;
  /**
   * Intersection over union, `found / (are + named − found)`, in `[0, 1]`; `NaN` where no
   * pixel is of the class.
   */
  readonly iou: number;
}

/** How well pixels are named. */
export interface SegmentationScores {
  /** Mean of the overlaps of the classes that occur: each counts alike. `NaN` without pixels. */
  readonly meanIoU: number;
  /** Part of the pixels that are named rightly; `NaN` without pixels. */
  readonly pixelAccuracy: number;
  /** Pixels that were judged. */
  readonly pixels: number;
  /** Each class by number. */
  readonly byClass: readonly ClassOverlap[];
}

const sumOf = (numbers: Float64Array): number =>
  numbers.reduce((sum, one) => sum + one, 0);

/**
 * Overlaps of all classes and their mean. A class that no pixel is of does not count by
 * itself; pixels that are named it lack in the class that they are of.
 *
 * @param counts Pixels of all images together.
 */
export function segmentationScores(
  { are, named, found }: PixelCounts,
): SegmentationScores {
  const byClass = Array.from(are, (count, label): ClassOverlap => {
    const [all, both] = [named[label] ?? 0, found[label] ?? 0];
    const union = count + all - both;
    const iou = count === 0 ? NaN : both / union;
    return { are: count, named: all, found: both, iou };
  });
  const known = byClass.filter(({ are }) => are > 0);
  const pixels = sumOf(are);
  return {
    meanIoU: known.reduce((sum, { iou }) => sum + iou, 0) / known.length,
    pixelAccuracy: sumOf(found) / pixels,
    ...{ pixels, byClass },
  };
}

/**
 * Mean intersection over union: `TP / (TP + FP + FN)` of each class that occurs, as a mean
 * over these classes.
 *
 * @param confusion `[classes, classes]`: a row for each true class, a column for each named
 * one (`confusionMatrix`).
 * @returns A number in `[0, 1]`; `NaN` where nothing was counted.
 *
 * @example Of four pixels of ground one is taken for the figure
 * ```ts
 * import { confusionMatrix, meanIoU } from "@vitfreeze/vitfreeze/evaluate";
 * import { strictEqual } from "node:assert/strict";
 *
 * const labels = Int32Array.of(0, 0, 0, 0, 1, 1);
 * const named = Int32Array.of(0, 0, 0, 1, 1, 1);
 * strictEqual(meanIoU(confusionMatrix(labels, named, 2)), (3 / 4 + 2 / 3) / 2);
 * ```
 */
export function meanIoU(confusion: ArrayLike<number>): number {
  const classes = Math.round(Math.sqrt(confusion.length));
  const counts = noPixels(classes);
  for (let row = 0; row < classes; row++) {
    for (let column = 0; column < classes; column++) {
      const count = confusion[row * classes + column] ?? 0;
      counts.are[row]! += count;
      counts.named[column]! += count;
      if (row === column) counts.found[row]! += count;
    }
  }
  return segmentationScores(counts).meanIoU;
}
