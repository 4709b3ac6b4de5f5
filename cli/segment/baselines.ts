/** Segmentations that need no encoder: what others are to be measured by. */
import { gridSize } from "../../core/mod.ts";
import {
  addCounts,
  countPixels,
  noPixels,
  patchLabels,
  pixelClasses,
  type PixelCounts,
  type SegmentationScores,
  segmentationScores,
} from "../../train/mod.ts";
import type { OpenedMasks } from "./opened_masks.ts";

/** What can be had without an encoder. */
export interface Baselines {
  /** The most frequent class, named everywhere. */
  readonly frequent: SegmentationScores & { readonly label: number };
  /** The true classes of the patches, brought to the size of the image as scores are. */
  readonly patches: SegmentationScores;
}

/** Scores that name the class of each patch for sure; nothing where it has none. */
function sureScores(labels: Int32Array, classes: number): Float32Array {
  const scores = new Float32Array(labels.length * classes);
  labels.forEach((label, patch) => {
    if (label >= 0) scores[patch * classes + label] = 1;
  });
  return scores;
}

/** What naming one class everywhere gives. */
function everywhere({ are }: PixelCounts, label: number): PixelCounts {
  const counts = noPixels(are.length);
  const pixels = are.reduce((sum, one) => sum + one, 0);
  counts.are.set(are);
  counts.named[label] = pixels;
  counts.found[label] = are[label] ?? 0;
  return counts;
}

/** What can be had without an encoder, of the images that were judged. */
export function baselinesOf(
  { encoder: { model }, validation, truth, classes }: OpenedMasks,
): Baselines {
  const grid = gridSize(model);
  const sum = noPixels(classes);
  for (let index = 0; index < validation.length; index++) {
    const labels = truth(index);
    if (labels === null) continue;
    const sure = sureScores(patchLabels(labels, grid, classes), classes);
    const named = pixelClasses(sure, classes, grid, model.imageSize);
    addCounts(sum, countPixels(labels, named, classes));
  }
  const label = sum.are.reduce(
    (best, count, one) => count > (sum.are[best] ?? 0) ? one : best,
    0,
  );
  return {
    frequent: { ...segmentationScores(everywhere(sum, label)), label },
    patches: segmentationScores(sum),
  };
}
