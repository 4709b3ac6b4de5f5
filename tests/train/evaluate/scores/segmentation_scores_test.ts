import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import {
  addCounts,
  confusionMatrix,
  countPixels,
  meanIoU,
  noPixels,
  segmentationScores,
} from "../../../../train/mod.ts";
import { goldenJson } from "../../../golden_files.ts";

interface Case {
  readonly classes: number;
  readonly labels: readonly number[];
  readonly named: readonly number[];
  readonly overlaps: readonly (number | null)[];
  readonly meanIoU: number;
  readonly pixelAccuracy: number;
}

const { overlaps } = goldenJson("segmentation.json") as {
  readonly overlaps: readonly Case[];
};

const near = (a: number, b: number): void =>
  ok(Math.abs(a - b) < 1e-12, `${a} is not ${b}`);

for (const { classes, ...one } of overlaps) {
  Deno.test(`segmentationScores() and meanIoU() are what sets of pixels give: ${classes} classes`, () => {
    const [labels, named] = [one.labels, one.named].map((all) =>
      Int32Array.from(all)
    ) as [Int32Array, Int32Array];
    const scores = segmentationScores(countPixels(labels, named, classes));
    near(scores.meanIoU, one.meanIoU);
    near(scores.pixelAccuracy, one.pixelAccuracy);
    one.overlaps.forEach((overlap, label) => {
      const { iou } = scores.byClass[label]!;
      if (overlap === null) ok(Number.isNaN(iou));
      else near(iou, overlap);
    });
    near(meanIoU(confusionMatrix(labels, named, classes)), one.meanIoU);
  });
}

/** Pixels of three classes, and what they are named; some are or are named nothing. */
const pixels = fc.array(
  fc.tuple(fc.integer({ min: -1, max: 2 }), fc.integer({ min: -1, max: 2 })),
  { minLength: 1, maxLength: 40 },
);

const counted = (all: readonly (readonly [number, number])[]) =>
  countPixels(
    Int32Array.from(all, ([label]) => label),
    Int32Array.from(all, ([, name]) => name),
    3,
  );

Deno.test("counts of parts add up to those of the whole, and overlaps lie in [0, accuracy of the class]", () => {
  fc.assert(fc.property(pixels, pixels, (first, second) => {
    const sum = noPixels(3);
    addCounts(sum, counted(first));
    addCounts(sum, counted(second));
    deepStrictEqual(sum, counted([...first, ...second]));
    for (const { are, found, iou } of segmentationScores(sum).byClass) {
      if (are > 0) ok(iou >= 0 && iou <= found / are);
    }
  }));
});

Deno.test("a pixel that is named nothing is wrong, one without a class does not count", () => {
  const scores = segmentationScores(counted([[0, 0], [0, -1], [-1, 1]]));
  strictEqual(scores.meanIoU, 0.5);
  strictEqual(scores.pixelAccuracy, 0.5);
  ok(Number.isNaN(segmentationScores(noPixels(2)).meanIoU));
});
