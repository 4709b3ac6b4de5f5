/** Segmentations that need no encoder: what others are to be measured by. */
import { gridSize, type Result, right } from "../../core/mod.ts";
import {
  addCounts,
  countPixels,
  noPixels,
  patchLabels,
  pixelClasses,
  type PixelCounts,
  type SegmentationScores,
  segmentationScores,
  type TrainError,
  type WorkOptions,
  yieldToOthers,
} from "../../train/mod.ts";
import { type ShownWork, underBar } from "../output/progress_bar.ts";
import type { OpenedMasks } from "./opened_masks.ts";

/** What can be had without an encoder. */
export interface Baselines {
  /** The most frequent class, named everywhere. */
  readonly frequent: SegmentationScores & { readonly label: number };
  /** The true classes of the patches, brought to the size of the image as scores are. */
  readonly patches: SegmentationScores;
}

/**
 * The classes of pixels by the true classes of their patches. Only classes that are there
 * are scored, and the first one, which pixels get that lie among patches without a class.
 */
function byPatches(
  labels: Int32Array,
  grid: number,
  side: number,
): Int32Array {
  const there = [...new Set([0, ...labels])].filter((label) => label >= 0)
    .sort((a, b) => a - b);
  const scores = new Float32Array(labels.length * there.length);
  labels.forEach((label, patch) => {
    const place = there.indexOf(label);
    if (place >= 0) scores[patch * there.length + place] = 1;
  });
  return pixelClasses(scores, there.length, grid, side)
    .map((place) => there[place] ?? -1);
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

/** Pixels of all images as the true classes of their patches name them. */
async function patchCounts(
  { encoder: { model }, validation, truth, classes }: OpenedMasks,
  { signal, onProgress }: WorkOptions,
): Promise<Result<TrainError, PixelCounts>> {
  const grid = gridSize(model);
  const sum = noPixels(classes);
  for (let index = 0; index < validation.length; index++) {
    const labels = truth(index);
    if (labels === null) continue;
    const patches = patchLabels(labels, grid, classes);
    const named = byPatches(patches, grid, model.imageSize);
    addCounts(sum, countPixels(labels, named, classes));
    const goOn = await yieldToOthers(signal);
    if (goOn._tag === "Left") return goOn;
    onProgress?.(index + 1);
  }
  return right(sum);
}

/** What can be had without an encoder, of the images that were judged. */
export async function baselinesOf(
  opened: OpenedMasks,
  shown: ShownWork,
): Promise<Result<TrainError, Baselines>> {
  const counted = await underBar(
    ...[shown, "masks", opened.validation.length] as const,
    (work) => patchCounts(opened, work),
  );
  if (counted._tag === "Left") return counted;
  const { right: sum } = counted;
  const label = sum.are.reduce(
    (best, count, one) => count > (sum.are[best] ?? 0) ? one : best,
    0,
  );
  return right({
    frequent: { ...segmentationScores(everywhere(sum, label)), label },
    patches: segmentationScores(sum),
  });
}
