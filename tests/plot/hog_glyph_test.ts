import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { orientationBin } from "../../core/mod.ts";
import {
  binStrengths,
  edgeDirection,
  hogGlyphs,
} from "../../plot/hog_glyph.ts";

const close = (a: number, b: number): boolean => Math.abs(a - b) < 1e-12;

Deno.test("edgeDirection() is perpendicular to gradients of its bin, up to half a bin", () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 2 * Math.PI, noNaN: true }),
      fc.integer({ min: 2, max: 18 }),
      (angle, nbins) => {
        const gradient = [Math.cos(angle), Math.sin(angle)] as const;
        const bin = orientationBin(gradient[0], gradient[1], nbins);
        const [x, y] = edgeDirection(bin, nbins);
        const along = Math.abs(x * gradient[0] + y * gradient[1]);
        ok(along <= Math.sin(Math.PI / 2 / nbins) + 1e-9);
      },
    ),
  );
});

Deno.test("edgeDirection() has length 1", () => {
  for (let bin = 0; bin < 9; bin++) {
    ok(close(Math.hypot(...edgeDirection(bin, 9)), 1));
  }
});

Deno.test("hogGlyphs() draws the edges of a ramp to the right upright", () => {
  const values = [0, 0, 0, 0, 1, 0, 0, 0, 0];
  const glyphs = hogGlyphs({ cells: 1, channels: 1, nbins: 9, values });
  deepStrictEqual(glyphs, [{ opacity: 1, path: "M10 20l0 -20" }]);
});

Deno.test("hogGlyphs() draws the edges of a ramp to the lower right rising", () => {
  const bin = orientationBin(-1, -1, 9);
  const values = Array.from({ length: 9 }, (_, b) => b === bin ? 1 : 0);
  const [glyph] = hogGlyphs({ cells: 1, channels: 1, nbins: 9, values });
  const [, dx = 0, dy = 0] = /l(-?\d+) (-?\d+)$/.exec(glyph?.path ?? "")
    ?.map(Number) ?? [];
  ok(dx * dy < 0);
});

Deno.test("hogGlyphs() makes a stroke as long as its bin is strong", () => {
  const lengthOf = (strength: number): number => {
    const [glyph] = hogGlyphs({
      cells: 1,
      channels: 1,
      nbins: 1,
      values: [strength],
    });
    return Math.abs(Number(/ (-?\d+)$/.exec(glyph?.path ?? "")?.[1] ?? 0));
  };
  deepStrictEqual([0, 0.05, 0.25, 0.5, 1].map(lengthOf), [0, 0, 5, 10, 20]);
});

Deno.test("hogGlyphs() leaves out cells that are not to be drawn", () => {
  const hog = { cells: 2, channels: 1, nbins: 1, values: [1, 1, 1, 1] };
  deepStrictEqual(hogGlyphs(hog, () => false), []);
  const strokes = hogGlyphs(hog, (cell) => cell === 3).map(({ path }) => path);
  deepStrictEqual(strokes, ["M30 40l0 -20"]);
});

Deno.test("binStrengths() is the mean over the channels", () => {
  const hog = { cells: 1, channels: 2, nbins: 2, values: [0.5, 0, 0.25, 1] };
  deepStrictEqual(binStrengths(hog, 0), [0.375, 0.5]);
});

Deno.test("binStrengths() clamps to [0, 1] and takes what is missing for 0", () => {
  const hog = { cells: 1, channels: 1, nbins: 4, values: [-0.2, 1.7, NaN] };
  deepStrictEqual(binStrengths(hog, 0), [0, 1, 0, 0]);
  strictEqual(binStrengths(hog, 1).length, 4);
});
