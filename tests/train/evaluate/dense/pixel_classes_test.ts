import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import {
  pixelClasses,
  upsampledScores,
} from "../../../../train/evaluate/dense/pixel_classes.ts";
import { goldenJson } from "../../../golden_files.ts";

interface Case {
  readonly classes: number;
  readonly grid: number;
  readonly side: number;
  readonly scores: readonly number[];
  readonly upsampled: readonly number[];
  readonly named: readonly number[];
}

const { upsampled } = goldenJson("segmentation.json") as {
  readonly upsampled: readonly Case[];
};

for (const { classes, grid, side, scores, ...wanted } of upsampled) {
  const name = `${classes} classes, ${grid}×${grid} to ${side}×${side}`;
  Deno.test(`upsampledScores() and pixelClasses() give what PyTorch gives: ${name}`, () => {
    const found = upsampledScores(scores, classes, grid, side);
    // Rounded to 6 digits in the file, to float32 on the way.
    found.forEach((score, i) =>
      ok(Math.abs(score - wanted.upsampled[i]!) < 2e-6)
    );
    const named = pixelClasses(scores, classes, grid, side);
    strictEqual(named.length, wanted.named.length);
    named.forEach((own, pixel) => {
      if (own === wanted.named[pixel]) return;
      // Where scores are equal but for rounding, either class is right.
      const of = (label: number) => wanted.upsampled[pixel * classes + label]!;
      ok(Math.abs(of(own) - of(wanted.named[pixel]!)) < 2e-6, `${pixel}`);
    });
  });
}

Deno.test("upsampledScores() keeps what is even and stays between the scores of the patches", () => {
  const scores = fc.array(fc.double({ min: -9, max: 9, noNaN: true }), {
    minLength: 9,
    maxLength: 9,
  });
  fc.assert(
    fc.property(scores, fc.integer({ min: 1, max: 8 }), (scores, patch) => {
      const found = upsampledScores(scores, 1, 3, 3 * patch);
      const [low, high] = [Math.min(...scores), Math.max(...scores)];
      ok(found.every((one) => one >= low - 1e-5 && one <= high + 1e-5));
      const even = upsampledScores(new Array(9).fill(2), 1, 3, 3 * patch);
      ok(even.every((one) => one === 2));
    }),
  );
});

Deno.test("pixelClasses() takes the earlier of equal classes, and none where a score is no number", () => {
  deepStrictEqual([...pixelClasses([1, 1, 0], 3, 1, 2)], [0, 0, 0, 0]);
  deepStrictEqual([...pixelClasses([1, NaN, 0], 3, 1, 1)], [-1]);
});
