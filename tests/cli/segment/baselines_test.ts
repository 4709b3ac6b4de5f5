import { ok, strictEqual } from "node:assert/strict";
import { baselinesOf } from "../../../cli/segment/baselines.ts";
import type { OpenedMasks } from "../../../cli/segment/opened_masks.ts";
import { gridSize, rootKey, split, uniforms } from "../../../core/mod.ts";
import {
  countPixels,
  orThrow,
  patchLabels,
  pixelClasses,
  segmentationScores,
  summedCounts,
} from "../../../train/mod.ts";
import { TINY_MODEL } from "../../train/tiny_run.ts";

const CLASSES = 6;
const IMAGES = 7;
const { imageSize: side } = TINY_MODEL;

/** Areas of a few classes with noise; in some images there is no class 0, and pixels have none. */
function truth(index: number): Int32Array | null {
  if (index === 2) return null;
  const draws = uniforms(split(rootKey(5), String(index)), side ** 2);
  return Int32Array.from({ length: side ** 2 }, (_, pixel) => {
    const area = 1 + (index + Math.floor(pixel / (side * 6))) % 4;
    const u = draws[pixel]!;
    return u < 0.2 ? -1 : u < 0.3 ? 5 * (index % 2) : area;
  });
}

const OPENED = {
  encoder: { model: TINY_MODEL },
  validation: { length: IMAGES },
  ...{ truth, classes: CLASSES },
} as unknown as OpenedMasks;

Deno.test("baselinesOf() gives what the true classes of all patches give by the scores of all classes", async () => {
  const grid = gridSize(TINY_MODEL);
  const counts = Array.from({ length: IMAGES }, (_, index) => {
    const labels = truth(index);
    if (labels === null) return [];
    const scores = new Float32Array(grid ** 2 * CLASSES);
    patchLabels(labels, grid, CLASSES).forEach((label, patch) => {
      if (label >= 0) scores[patch * CLASSES + label] = 1;
    });
    const named = pixelClasses(scores, CLASSES, grid, side);
    return [countPixels(labels, named, CLASSES)];
  }).flat();
  const wanted = segmentationScores(summedCounts(counts));
  const { patches, frequent } = orThrow(await baselinesOf(OPENED, {}));
  strictEqual(patches.meanIoU, wanted.meanIoU);
  strictEqual(patches.pixelAccuracy, wanted.pixelAccuracy);
  // The most frequent class has its share as its overlap, the others nothing.
  const most = Math.max(...wanted.byClass.map(({ are }) => are));
  const occurring = wanted.byClass.filter(({ are }) => are > 0).length;
  strictEqual(frequent.byClass[frequent.label]?.are, most);
  strictEqual(frequent.pixelAccuracy, most / wanted.pixels);
  ok(Math.abs(frequent.meanIoU - most / wanted.pixels / occurring) < 1e-12);
});
