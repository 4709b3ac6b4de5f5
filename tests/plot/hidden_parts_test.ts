import { deepStrictEqual, ok } from "node:assert/strict";
import fc from "fast-check";
import { hiddenParts } from "../../plot/hog_glyph.ts";

Deno.test("hiddenParts() repeats the mask in cells finer than patches", () => {
  deepStrictEqual(hiddenParts([1, 0, 0, 1], 4), [
    ...[1, 1, 0, 0],
    ...[1, 1, 0, 0],
    ...[0, 0, 1, 1],
    ...[0, 0, 1, 1],
  ]);
});

Deno.test("hiddenParts() is the mean of the mask in cells coarser than patches", () => {
  const mask = [
    ...[1, 1, 0, 0],
    ...[1, 0, 0, 0],
    ...[1, 0, 1, 1],
    ...[0, 0, 1, 1],
  ];
  deepStrictEqual(hiddenParts(mask, 2), [0.75, 0, 0.25, 1]);
});

Deno.test("hiddenParts() hides the same part of the image at every scale", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(2, 4, 6).chain((grid) =>
        fc.record({
          mask: fc.array(fc.constantFrom(0, 1), {
            minLength: grid ** 2,
            maxLength: grid ** 2,
          }),
          cells: fc.constantFrom(grid / 2, grid, 2 * grid, 8 * grid),
        })
      ),
      ({ mask, cells }) => {
        const mean = (parts: readonly number[]): number =>
          parts.reduce((sum, part) => sum + part, 0) / parts.length;
        ok(Math.abs(mean(hiddenParts(mask, cells)) - mean(mask)) < 1e-12);
      },
    ),
  );
});
