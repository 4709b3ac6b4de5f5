import fc from "fast-check";
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { rootKey, split, uniforms } from "../../../core/mod.ts";
import {
  type CropRanges,
  randomResizedCrop,
  singleTryCrop,
} from "../../../data/transforms/random_resized_crop.ts";
import type { PixelBox } from "../../../data/image/raw_image.ts";

const RANGES: CropRanges = { scale: [0.2, 1], ratio: [3 / 4, 4 / 3] };
const key = rootKey(0);
const side = fc.integer({ min: 1, max: 600 });

const boxes = (
  count: number,
  width: number,
  height: number,
): readonly PixelBox[] =>
  Array.from(
    { length: count },
    (_, i) => randomResizedCrop(split(key, i), { width, height }, RANGES),
  );

/** Largest distance between the distribution of a sample and the uniform one on [0, 1]. */
const distanceFromUniform = (sample: readonly number[]): number =>
  [...sample].sort((a, b) => a - b)
    .reduce(
      (most, u, i) => Math.max(most, Math.abs(u - (i + 0.5) / sample.length)),
      0,
    );

Deno.test("randomResizedCrop() lies inside the image, whatever its size and the ranges", () => {
  const range = (max: number) =>
    fc.tuple(
      fc.double({ min: 0.01, max, noNaN: true }),
      fc.double({ min: 0.01, max, noNaN: true }),
    )
      .map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
  fc.assert(
    fc.property(
      fc.nat(),
      side,
      side,
      range(1),
      range(5),
      (seed, width, height, scale, ratio) => {
        const box = randomResizedCrop(rootKey(seed), { width, height }, {
          scale,
          ratio,
        });
        ok(Object.values(box).every(Number.isInteger), "whole pixels");
        ok(
          box.left >= 0 && box.left + box.width <= width && box.width >= 1,
          "columns",
        );
        ok(
          box.top >= 0 && box.top + box.height <= height && box.height >= 1,
          "rows",
        );
      },
    ),
  );
});

Deno.test("randomResizedCrop() takes areas and ratios from their ranges, up to whole pixels", () => {
  for (const { width, height } of boxes(2000, 500, 375)) {
    const area = width * height / (500 * 375);
    const ratio = width / height;
    ok(area > 0.2 * 0.98 && area <= 1, `area ${area}`);
    ok(ratio > 0.75 * 0.98 && ratio < 4 / 3 * 1.02, `ratio ${ratio}`);
  }
});

Deno.test("randomResizedCrop() draws area uniform and ratio log-uniform where every draw fits", () => {
  // Areas below half leave room for every ratio in a square image.
  const ranges: CropRanges = { scale: [0.1, 0.5], ratio: [3 / 4, 4 / 3] };
  const sample = Array.from(
    { length: 4000 },
    (_, i) =>
      randomResizedCrop(split(key, i), { width: 2000, height: 2000 }, ranges),
  );
  const areas = sample.map(({ width, height }) =>
    (width * height / 4e6 - 0.1) / 0.4
  );
  const ratios = sample.map(({ width, height }) =>
    Math.log(width / height * 4 / 3) / Math.log(16 / 9)
  );
  const columns = sample.map(({ left, width }) =>
    (left + 0.5) / (2000 - width + 1)
  );
  const rows = sample.map(({ top, height }) =>
    (top + 0.5) / (2000 - height + 1)
  );
  // Kolmogorov's bound for 4,000 samples: 1.95/√4000 = 0.031 is passed once in a thousand.
  for (
    const [name, values] of Object.entries({ areas, ratios, columns, rows })
  ) {
    ok(
      distanceFromUniform(values) < 0.031,
      `${name}: ${distanceFromUniform(values)}`,
    );
  }
});

Deno.test("randomResizedCrop() falls back to the middle with the nearest ratio", () => {
  // Whole area at a ratio far from the image's never fits.
  const whole: CropRanges = { scale: [1, 1], ratio: [3 / 4, 4 / 3] };
  deepStrictEqual(randomResizedCrop(key, { width: 1000, height: 30 }, whole), {
    left: 480,
    top: 0,
    width: 40,
    height: 30,
  });
  deepStrictEqual(randomResizedCrop(key, { width: 30, height: 1000 }, whole), {
    left: 0,
    top: 480,
    width: 30,
    height: 40,
  });
  const exact: CropRanges = { scale: [1, 1], ratio: [1, 1] };
  deepStrictEqual(randomResizedCrop(key, { width: 28, height: 28 }, exact), {
    left: 0,
    top: 0,
    width: 28,
    height: 28,
  });
});

Deno.test("randomResizedCrop() is a function of the key", () => {
  const image = { width: 300, height: 200 };
  deepStrictEqual(
    randomResizedCrop(key, image, RANGES),
    randomResizedCrop(key, image, RANGES),
  );
  const distinct = new Set(
    boxes(100, 300, 200).map((box) => JSON.stringify(box)),
  );
  strictEqual(distinct.size, 100);
});

Deno.test("randomResizedCrop() keeps its boxes from release to release", () => {
  deepStrictEqual(boxes(2, 28, 28), [
    { left: 0, top: 0, width: 26, height: 28 },
    { left: 1, top: 6, width: 26, height: 20 },
  ]);
});

Deno.test("singleTryCrop() is the first try of randomResizedCrop() where that fits, and else lies inside the image, cut", () => {
  const ranges = { scale: [0.08, 1], ratio: [3 / 4, 4 / 3] } as const;
  let cut = 0;
  fc.assert(
    fc.property(fc.nat(), side, side, (seed, width, height) => {
      const image = { width, height };
      const own = rootKey(seed);
      const box = singleTryCrop(own, image, ranges);
      ok(box.width >= 1 && box.left >= 0 && box.left + box.width <= width);
      ok(box.height >= 1 && box.top >= 0 && box.top + box.height <= height);
      const [area = 0, shape = 0] = uniforms(own, 2);
      const pixels = width * height * (0.08 + 0.92 * area);
      const aspect = (3 / 4) * (16 / 9) ** shape;
      const wanted = [
        Math.round(Math.sqrt(pixels * aspect)),
        Math.round(Math.sqrt(pixels / aspect)),
      ] as const;
      const fits = wanted[0] >= 1 && wanted[0] <= width &&
        wanted[1] >= 1 && wanted[1] <= height;
      if (fits) {
        deepStrictEqual(box, randomResizedCrop(own, image, ranges));
      } else {
        cut++;
        strictEqual(box.width, Math.min(Math.max(wanted[0], 1), width));
        strictEqual(box.height, Math.min(Math.max(wanted[1], 1), height));
      }
    }),
    { numRuns: 300 },
  );
  ok(cut > 20, `only ${cut} draws did not fit`);
});
