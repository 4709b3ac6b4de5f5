import { deepStrictEqual, ok } from "node:assert/strict";
import fc from "fast-check";
import { nearestLevels } from "../../../data/transforms/nearest_view.ts";
import { evalView } from "../../../data/transforms/view.ts";
import { goldenJson } from "../../golden_files.ts";

interface Case {
  readonly width: number;
  readonly height: number;
  readonly imageSize: number;
  readonly resizeSize: number;
  readonly seen: readonly number[];
}

const { nearest } = goldenJson("segmentation.json") as {
  readonly nearest: readonly Case[];
};

for (const { seen, ...one } of nearest) {
  const { width, height, imageSize, resizeSize } = one;
  Deno.test(`nearestLevels() sees what Pillow sees: ${width}×${height} at ${resizeSize}, ${imageSize} of it`, () => {
    // Those of the file that made the numbers.
    const levels = Uint8Array.from(
      { length: width * height },
      (_, i) => (37 * Math.floor(i / width) + 11 * (i % width)) % 251,
    );
    const view = evalView({ imageSize, resizeSize }, { width, height });
    deepStrictEqual(
      [...nearestLevels({ width, height, levels }, view)],
      seen,
    );
  });
}

Deno.test("nearestLevels() makes no number that was not there, and keeps the order along a row", () => {
  const sides = fc.integer({ min: 1, max: 40 });
  fc.assert(
    fc.property(sides, sides, sides, fc.nat(9), (width, height, side, more) => {
      const levels = Uint8Array.from(
        { length: width * height },
        (_, i) => i % width,
      );
      const view = evalView(
        { imageSize: side, resizeSize: side + more },
        { width, height },
      );
      const seen = nearestLevels({ width, height, levels }, view);
      for (let at = 0; at < seen.length; at++) {
        ok(seen[at]! < width);
        if (at % side > 0) ok(seen[at]! >= seen[at - 1]!);
      }
    }),
  );
});
