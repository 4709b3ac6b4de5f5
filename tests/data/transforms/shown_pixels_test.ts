import { deepStrictEqual } from "node:assert/strict";
import fc from "fast-check";
import { shownPixels } from "../../../data/mod.ts";

const STATISTICS = {
  mean: [0.485, 0.456, 0.406],
  deviation: [0.229, 0.224, 0.225],
};

Deno.test("shownPixels() gives back the levels of a normalised image, pixel by pixel", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 12, maxLength: 12 }),
      (levels) => {
        // Two by two pixels: interleaved levels as planes of normalised numbers.
        const image = Float32Array.from({ length: 12 }, (_, at) => {
          const channel = Math.floor(at / 4);
          const level = levels[3 * (at % 4) + channel]! / 255;
          return (level - STATISTICS.mean[channel]!) /
            STATISTICS.deviation[channel]!;
        });
        deepStrictEqual(
          [...shownPixels(image, 3, STATISTICS)],
          [...levels],
        );
      },
    ),
  );
});

Deno.test("shownPixels() shows numbers outside of what is seen as black and white", () => {
  const image = Float32Array.of(-9, 9);
  const half = { mean: [0.5], deviation: [0.5] };
  deepStrictEqual([...shownPixels(image, 1, half)], [0, 255]);
});
