import fc from "fast-check";
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { HostNumbers } from "../../../backends/backend.ts";
import { pixelNumbers } from "../../../backends/pixel_numbers.ts";
import {
  betaDraw,
  FINETUNE_RECIPE,
  rootKey,
  split,
} from "../../../core/mod.ts";
import type { Images } from "../../../train/tasks/batch_images.ts";
import {
  branchFactors,
  drawMixing,
  mixImages,
  type Mixing,
  mixTargets,
} from "../../../train/tasks/mixing.ts";

const RECIPE = FINETUNE_RECIPE.mixing;

/** Three pictures of one channel and 2×2 pixels: 0, 10 and 20 plus their position. */
const BATCH = {
  shape: [3, 1, 2, 2] as const,
  images: Float32Array.of(0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23),
};

Deno.test("mixImages() weighs each image against the one in the opposite place", () => {
  const mixed = mixImages({ _tag: "Mixup", lambda: 0.75 }, BATCH);
  const wanted = Float32Array.of(5, 6, 7, 8, 10, 11, 12, 13, 15, 16, 17, 18);
  deepStrictEqual(mixed, { images: wanted });
});

Deno.test("mixImages() puts the partner's pixels into the box and keeps the rest", () => {
  const box = { top: 1, bottom: 2, left: 0, right: 1 };
  const mixed = mixImages({ _tag: "CutMix", lambda: 0.75, box }, BATCH);
  const wanted = Float32Array.of(0, 1, 22, 3, 10, 11, 12, 13, 20, 21, 2, 23);
  deepStrictEqual(mixed, { images: wanted });
  deepStrictEqual(mixImages({ _tag: "None" }, BATCH), BATCH);
});

Deno.test("mixImages() gives levels the numbers of their pictures, to the bit, and leaves them levels where it can", () => {
  const shape = [3, 2, 4, 4] as const;
  const data = Uint8Array.from({ length: 96 }, (_, i) => 83 * i + (i >> 2));
  const levels = [0.3, 0.7].map((mean) =>
    Float32Array.from({ length: 256 }, (_, l) => (l / 255 - mean) / 0.23)
  );
  const numbersOf = (images: Images): HostNumbers =>
    "levels" in images
      ? pixelNumbers({ shape, data: images.images, levels: images.levels }).data
      : images.images;
  const box = { top: 1, bottom: 3, left: 0, right: 3 };
  const mixings: readonly Mixing[] = [
    { _tag: "None" },
    { _tag: "Mixup", lambda: 0.37 },
    { _tag: "CutMix", lambda: 0.7, box },
  ];
  for (const mixing of mixings) {
    const batch = { shape, images: data, levels };
    const images = pixelNumbers({ shape, data, levels }).data as Float32Array;
    const mixed = mixImages(mixing, batch);
    deepStrictEqual(
      numbersOf(mixed),
      numbersOf(mixImages(mixing, { shape, images })),
    );
    strictEqual("levels" in mixed, mixing._tag !== "Mixup");
  }
});

Deno.test("mixTargets() gives the numbers of the definitions: smoothing 0.1 over 4 classes, λ = 0.75", () => {
  const labels = Int32Array.of(0, 3);
  const [on, off] = [0.925, 0.025];
  const near = (found: Float32Array, wanted: number[]) =>
    wanted.forEach((value, i) => ok(Math.abs(found[i]! - value) < 1e-6));
  near(mixTargets({ _tag: "None" }, labels, 4, 0.1), [
    on,
    off,
    off,
    off,
    off,
    off,
    off,
    on,
  ]);
  const [most, some] = [0.75 * on + 0.25 * off, 0.25 * on + 0.75 * off];
  near(
    mixTargets({ _tag: "Mixup", lambda: 0.75 }, labels, 4, 0.1),
    [most, off, off, some, some, off, off, most],
  );
});

const key = fc.integer({ min: 0, max: 1e6 }).map(rootKey);

Deno.test("mixTargets() are distributions, whatever is mixed", () => {
  fc.assert(
    fc.property(
      key,
      fc.array(fc.nat({ max: 4 }), { minLength: 1, maxLength: 6 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (k, labels, smoothing) => {
        const mixing = drawMixing(RECIPE, 16, k);
        const targets = mixTargets(
          mixing,
          Int32Array.from(labels),
          5,
          smoothing,
        );
        for (let sample = 0; sample < labels.length; sample++) {
          const row = targets.subarray(sample * 5, sample * 5 + 5);
          ok(row.every((t) => t >= 0));
          ok(Math.abs(row.reduce((a, b) => a + b, 0) - 1) < 1e-5);
        }
      },
    ),
  );
});

Deno.test("drawMixing() gives a box inside the image whose area is what λ says is gone", () => {
  fc.assert(fc.property(key, fc.integer({ min: 1, max: 64 }), (k, side) => {
    const mixing = drawMixing({ ...RECIPE, switchProbability: 1 }, side, k);
    if (mixing._tag !== "CutMix") throw new Error(mixing._tag);
    const { top, bottom, left, right } = mixing.box;
    ok(0 <= top && top <= bottom && bottom <= side);
    ok(0 <= left && left <= right && right <= side);
    strictEqual(mixing.lambda, 1 - (bottom - top) * (right - left) / side ** 2);
  }));
});

/** How many of 2000 keys draw each kind. */
function kinds(
  config: typeof RECIPE,
): Readonly<Record<Mixing["_tag"], number>> {
  const counts = { None: 0, Mixup: 0, CutMix: 0 };
  for (let k = 0; k < 2000; k++) {
    counts[drawMixing(config, 8, split(rootKey(1), k))._tag]++;
  }
  return counts;
}

Deno.test("drawMixing() mixes and switches as often as it is told, and never by a method of shape 0", () => {
  const { None, Mixup, CutMix } = kinds({ ...RECIPE, probability: 0.6 });
  ok(
    Math.abs(None - 800) < 90 && Math.abs(Mixup - 600) < 90 &&
      Math.abs(CutMix - 600) < 90,
  );
  deepStrictEqual(kinds({ ...RECIPE, cutmixAlpha: 0 }), {
    None: 0,
    Mixup: 2000,
    CutMix: 0,
  });
  deepStrictEqual(kinds({ ...RECIPE, mixupAlpha: 0 }), {
    None: 0,
    Mixup: 0,
    CutMix: 2000,
  });
  deepStrictEqual(kinds({ ...RECIPE, mixupAlpha: 0, cutmixAlpha: 0 }), {
    None: 2000,
    Mixup: 0,
    CutMix: 0,
  });
});

for (const [a, b] of [[0.8, 0.8], [1, 1], [0.3, 2], [5, 3]] as const) {
  Deno.test(`betaDraw() of shapes ${a} and ${b} has their mean and variance`, () => {
    const draws = Array.from(
      { length: 4000 },
      (_, k) => betaDraw(split(rootKey(2), k), a, b),
    );
    ok(draws.every((x) => x >= 0 && x <= 1));
    const mean = draws.reduce((sum, x) => sum + x, 0) / draws.length;
    const variance = draws.reduce((sum, x) => sum + (x - mean) ** 2, 0) /
      draws.length;
    const wanted = a * b / ((a + b) ** 2 * (a + b + 1));
    // Five standard errors of the mean.
    ok(
      Math.abs(mean - a / (a + b)) < 5 * Math.sqrt(wanted / 4000),
      `mean ${mean}`,
    );
    ok(Math.abs(variance / wanted - 1) < 0.1, `variance ${variance}`);
  });
}

Deno.test("branchFactors() are 0 or 1/(1 − p), on average 1, and those of a sample whatever its batch", () => {
  const [depth, rate, draw] = [5, 0.4, { seed: 3, epoch: 2 }];
  const indices = Int32Array.from({ length: 3000 }, (_, i) => i);
  const all = branchFactors(rate, depth, indices, draw);
  const columnOf = (branch: number) =>
    all.filter((_, i) => i % (2 * depth) === branch);
  for (let branch = 0; branch < 2 * depth; branch++) {
    const p = rate * Math.floor(branch / 2) / (depth - 1);
    const column = columnOf(branch);
    ok(column.every((f) => f === 0 || f === Math.fround(1 / (1 - p))));
    ok(Math.abs(column.reduce((a, f) => a + f, 0) / 3000 - 1) < 0.08);
  }
  ok([0, 1].every((branch) => columnOf(branch).every((f) => f === 1)));
  const rowOf = (sample: number) =>
    all.subarray(sample * 2 * depth, (sample + 1) * 2 * depth);
  const two = branchFactors(rate, depth, Int32Array.of(77, 5), draw);
  deepStrictEqual([...two], [...rowOf(77), ...rowOf(5)]);
  const other = branchFactors(rate, depth, indices, { seed: 3, epoch: 3 });
  ok(other.some((f, i) => f !== all[i]));
  strictEqual(branchFactors(0.5, 1, Int32Array.of(0), draw).length, 2);
});
