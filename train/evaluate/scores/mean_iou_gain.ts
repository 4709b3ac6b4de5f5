/** Intervals of mean overlaps, given how few images they were found on. */
import { type Key, rootKey, split, uniforms } from "../../../core/mod.ts";
import type { Interval } from "./intervals.ts";
import {
  addCounts,
  noPixels,
  type PixelCounts,
  segmentationScores,
} from "./segmentation_scores.ts";

/** A mean overlap, or a difference of two. */
export interface MeanIoU {
  /** Of all images together; `NaN` without pixels. */
  readonly value: number;
  /**
   * The interval of 95 %; both ends `NaN` where fewer than two images have pixels that
   * count: one says nothing of others.
   */
  readonly interval: Interval;
}

/** Draws of as many images as there are. */
const DRAWS = 1000;

/** Parts of the draws that lie on either side of the interval. */
const OUTSIDE = 0.025;

const KEY: Key = split(rootKey(0), "mean IoU");

/** Those numbers of an image's counts that are not 0: most classes are in few images. */
interface SparseCounts {
  /** Places in `are`, `named` and `found`, one behind the other. */
  readonly places: Int32Array;
  readonly numbers: Float64Array;
}

function sparse({ are, named, found }: PixelCounts): SparseCounts {
  const all = [...are, ...named, ...found];
  const places = Int32Array.from(all.keys()).filter((at) => all[at] !== 0);
  return { places, numbers: Float64Array.from(places, (at) => all[at] ?? 0) };
}

/** The mean overlap of some images, drawn with return. */
function drawnScore(
  images: readonly SparseCounts[],
  classes: number,
  drawn: Int32Array,
): number {
  const all = new Float64Array(3 * classes);
  for (const image of drawn) {
    const { places, numbers } = images[image]!;
    for (let i = 0; i < places.length; i++) all[places[i]!]! += numbers[i]!;
  }
  const part = (k: number) => all.subarray(k * classes, (k + 1) * classes);
  const counts = { are: part(0), named: part(1), found: part(2) };
  return segmentationScores(counts).meanIoU;
}

/** The middle 95 % of numbers. */
function middle(numbers: readonly number[]): Interval {
  const sorted = numbers.toSorted((a, b) => a - b);
  const at = (part: number): number =>
    sorted[Math.round(part * (sorted.length - 1))] ?? NaN;
  return [at(OUTSIDE), at(1 - OUTSIDE)];
}

/** The interval of a number that follows from the same draws of images of several lists. */
function intervalOf(
  lists: readonly (readonly PixelCounts[])[],
  numberOf: (scores: readonly number[]) => number,
): Interval {
  const [all = []] = lists;
  const counting = all.flatMap(({ are }, i) => are.some(Boolean) ? [i] : []);
  const { length } = counting;
  if (length < 2) return [NaN, NaN];
  const classes = all[0]?.are.length ?? 0;
  const images = lists.map((list) => counting.map((i) => sparse(list[i]!)));
  return middle(Array.from({ length: DRAWS }, (_, draw) => {
    const drawn = Int32Array.from(
      uniforms(split(KEY, String(draw)), length),
      (u) => Math.floor(u * length),
    );
    return numberOf(images.map((list) => drawnScore(list, classes, drawn)));
  }));
}

/** The counts of all images together. */
export function summedCounts(images: readonly PixelCounts[]): PixelCounts {
  const sum = noPixels(images[0]?.are.length ?? 0);
  for (const one of images) addCounts(sum, one);
  return sum;
}

const scoreOf = (images: readonly PixelCounts[]): number =>
  segmentationScores(summedCounts(images)).meanIoU;

/**
 * The mean overlap over all pixels of some images, and the bootstrap interval of 95 %: the
 * middle of what 1000 draws of as many images, with return, give. The draws are the same
 * each time.
 *
 * @param images Pixels of each image (`countPixels`).
 */
export const meanIoUOf = (images: readonly PixelCounts[]): MeanIoU => ({
  value: scoreOf(images),
  interval: intervalOf([images], ([score = NaN]) => score),
});

/**
 * Difference of the mean overlaps of two segmentations of the same images, with the
 * bootstrap interval of 95 %: both are judged by the same draws of images, so that what
 * makes an image hard for both does not count.
 *
 * @param first Pixels of each image as the first names them.
 * @param second The same of the second, in the same order.
 * @see Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13.
 *
 * @example The first names all pixels of both images rightly
 * ```ts
 * import { countPixels, meanIoUGain } from "@vitfreeze/vitfreeze/evaluate";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const labels = Int32Array.of(0, 0, 1, 1);
 * const exact = countPixels(labels, labels, 2);
 * const other = countPixels(labels, Int32Array.of(0, 0, 0, 0), 2);
 * deepStrictEqual(meanIoUGain([exact, exact], [other, other]), {
 *   value: 0.75,
 *   interval: [0.75, 0.75],
 * });
 * ```
 */
export const meanIoUGain = (
  first: readonly PixelCounts[],
  second: readonly PixelCounts[],
): MeanIoU => ({
  value: scoreOf(first) - scoreOf(second),
  interval: intervalOf([first, second], ([a = NaN, b = NaN]) => a - b),
});
