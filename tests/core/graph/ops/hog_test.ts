import fc from "fast-check";
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  cellOverlaps,
  HOG_FLAT,
  orientationBin,
  sizeOf,
} from "../../../../core/mod.ts";
import { between } from "../../../arbitraries.ts";
import { applyOp, entry } from "../apply_op.ts";
import { type Tensor, tensor } from "../arbitraries.ts";

/** An image `[1, 1, side, side]` from a function of row and column. */
const image = (
  side: number,
  pixel: (y: number, x: number) => number,
): Tensor => ({
  shape: [1, 1, side, side],
  dtype: "float32",
  values: Float64Array.from(
    { length: side * side },
    (_, i) => pixel(Math.floor(i / side), i % side),
  ),
});

const hogCells = (of: Tensor, cells: number, nbins = 9): Tensor =>
  applyOp("hogCells", { attributes: { nbins, cells }, inputs: [of] });

const total = ({ values }: Tensor): number => values.reduce((a, b) => a + b, 0);

/** Histogram of the whole inside of an image, without the reflected border. */
const binsWithin = (of: Tensor): readonly number[] => {
  const found = hogCells(of, of.shape[2]!);
  const inside = of.shape[2]! - 1;
  const bins = new Set<number>();
  for (let y = 1; y < inside; y++) {
    for (let x = 1; x < inside; x++) {
      for (let bin = 0; bin < 9; bin++) {
        if (entry(found, [0, y, x, 0, bin]) > 0) bins.add(bin);
      }
    }
  }
  return [...bins];
};

Deno.test("hogCells puts ramps into the bins of the reference", () => {
  const ramps:
    readonly (readonly [number, (y: number, x: number) => number])[] = [
      [4, (_, x) => x],
      [4, (_, x) => -x],
      [0, (y) => y],
      [0, (y) => -y],
      [2, (y, x) => x + y],
      [6, (y, x) => x - y],
      [6, (y, x) => y - x],
    ];
  for (const [bin, pixel] of ramps) {
    deepStrictEqual(binsWithin(image(6, pixel)), [bin], pixel.toString());
  }
});

Deno.test("hogCells measures a unit ramp as 8 everywhere inside, and as 0 along the border it runs into", () => {
  const found = hogCells(image(5, (_, x) => x), 5);
  for (let y = 0; y < 5; y++) {
    deepStrictEqual(
      [0, 1, 2, 3, 4].map((x) => entry(found, [0, y, x, 0, 4])),
      [0, 8, 8, 8, 0],
    );
  }
});

Deno.test("hogCells of a flat image are exactly 0, whatever its level", () => {
  for (const level of [0, 2.2489083, 2.64, -2.1179, 1e3]) {
    strictEqual(total(hogCells(image(8, () => Math.fround(level)), 2)), 0);
  }
});

Deno.test("hogCells takes gradients below its threshold for 0, others not", () => {
  const edge = (height: number) => image(4, (_, x) => x < 2 ? 0 : height);
  strictEqual(total(hogCells(edge(HOG_FLAT / 4 * 0.99), 2)), 0);
  ok(total(hogCells(edge(HOG_FLAT / 4 * 1.01), 2)) > 0);
});

/** Sides and cells, many of them with cells of fractional width. */
const cut = fc.integer({ min: 2, max: 14 }).chain((side) =>
  fc.record({
    side: fc.constant(side),
    cells: fc.integer({ min: 1, max: side }),
  })
);

Deno.test("cellOverlaps() share every pixel fully and fill every cell alike", () => {
  fc.assert(fc.property(cut, ({ side, cells }) => {
    const filled = Array<number>(cells).fill(0);
    cellOverlaps(side, cells).forEach((overlaps, pixel) => {
      const parts = overlaps.reduce((sum, { part }) => sum + part, 0);
      ok(Math.abs(parts - 1) < 1e-9);
      for (const { cell, part } of overlaps) {
        const [from, to] = [cell * side / cells, (cell + 1) * side / cells];
        ok(part > 0 && pixel < to + 1e-9 && pixel + 1 > from - 1e-9);
        filled[cell]! += part;
      }
    });
    filled.forEach((width) => ok(Math.abs(width - side / cells) < 1e-6));
  }));
});

Deno.test("hogCells conserves the total magnitude, whole cells or fractional ones", () => {
  const images = cut.chain(({ side, cells }) =>
    fc.tuple(tensor([2, 2, side, side]), fc.constant(cells))
  );
  fc.assert(
    fc.property(images, ([x, cells]) => {
      const [whole, parts] = [total(hogCells(x, 1)), total(hogCells(x, cells))];
      ok(Math.abs(whole - parts) <= 1e-9 * Math.max(1, whole));
    }),
    { numRuns: 50 },
  );
});

Deno.test("hogCells of coarse cells are sums of the finer ones in them", () => {
  const images = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.constantFrom(2, 3))
    .chain(([cells, factor]) =>
      fc.tuple(
        tensor([1, 2, 9, 9]),
        fc.constant(cells),
        fc.constant(factor),
      )
    );
  fc.assert(
    fc.property(images, ([x, cells, factor]) => {
      const [coarse, fine] = [hogCells(x, cells), hogCells(x, cells * factor)];
      const sums = new Float64Array(sizeOf(coarse.shape));
      const rest = 2 * 9;
      fine.values.forEach((v, i) => {
        const cell = Math.floor(i / rest);
        const [y, x] = [
          Math.floor(cell / (cells * factor)),
          cell % (cells * factor),
        ];
        const parent = Math.floor(y / factor) * cells + Math.floor(x / factor);
        sums[parent * rest + i % rest]! += v;
      });
      sums.forEach((v, i) => ok(Math.abs(v - coarse.values[i]!) <= 1e-8));
    }),
    { numRuns: 30 },
  );
});

Deno.test("hogCells scales with the contrast of an image and ignores its brightness", () => {
  const images = fc.tuple(
    tensor([1, 1, 6, 6]),
    between(0.5, 4),
    between(-3, 3),
  );
  fc.assert(
    fc.property(images, ([x, contrast, brightness]) => {
      const level = (v: number): number => Math.round(v * 64) / 64;
      const sharp = { ...x, values: x.values.map(level) };
      const moved = {
        ...x,
        values: sharp.values.map((v) => contrast * v + brightness),
      };
      const [a, b] = [hogCells(sharp, 2), hogCells(moved, 2)];
      a.values.forEach((v, i) =>
        ok(Math.abs(contrast * v - b.values[i]!) <= 1e-9)
      );
    }),
    { numRuns: 50 },
  );
});

Deno.test("orientationBin() is the same for opposite gradients and always a bin", () => {
  const gradients = fc.tuple(
    between(-9, 9),
    between(-9, 9),
    fc.integer({
      min: 1,
      max: 18,
    }),
  ).filter(([g0, g1]) => Math.abs(g0) + Math.abs(g1) > 1e-3);
  fc.assert(fc.property(gradients, ([g0, g1, nbins]) => {
    const bin = orientationBin(g0, g1, nbins);
    ok(Number.isInteger(bin) && bin >= 0 && bin < nbins);
    const phase = Math.atan2(g0, g1) / Math.PI * nbins;
    fc.pre(Math.abs(phase - Math.round(phase)) > 1e-9);
    strictEqual(orientationBin(-g0, -g1, nbins), bin);
  }));
});

Deno.test("orientationBin() of vertical gradients is 0 up and down", () => {
  for (const nbins of [1, 6, 9, 18]) {
    for (const zero of [0, -0]) {
      strictEqual(orientationBin(zero, 8, nbins) + 0, 0);
      strictEqual(orientationBin(zero, -8, nbins) + 0, 0);
    }
  }
});
