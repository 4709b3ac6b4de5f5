import fc from "fast-check";
import {
  deepStrictEqual,
  notDeepStrictEqual,
  ok,
  strictEqual,
} from "node:assert/strict";
import { rootKey } from "../../../core/mod.ts";
import {
  type ImageSource,
  selectImages,
  sharePerClass,
  shareSource,
  splitSource,
} from "../../../data/mod.ts";
import { faultsOf, right } from "../../right.ts";
import { noiseSource } from "../sources.ts";

/** The original index of each image of a part of `noiseSource`. */
const originals = (part: ImageSource): readonly number[] =>
  Array.from(
    { length: part.length },
    (_, i) => Number(part.imageName(i).split(" ")[1]),
  );

Deno.test("selectImages() numbers what it keeps anew", async () => {
  const part = selectImages(noiseSource(10), Int32Array.of(0, 1, 2, 3));
  deepStrictEqual(originals(part), [0, 1, 2, 3]);
  strictEqual(part.summary, "4 of 10 images");
  deepStrictEqual(await part.read(2), await noiseSource(10).read(2));
});

Deno.test("sharePerClass() takes so many of each class, all of smaller ones, none without a label, and a larger draw holds a smaller one", () => {
  const classes = [0, 1, 1, 2, 2, 2, null, 0, 1, 2];
  const source: ImageSource = {
    ...noiseSource(10),
    label: (index) => classes[index] ?? null,
  };
  const drawn = (count: number, seed = 0) =>
    originals(right(sharePerClass(source, count, rootKey(seed))));
  const countOf = (kept: readonly number[], label: number) =>
    kept.filter((index) => classes[index] === label).length;
  for (const seed of [0, 1, 2]) {
    const [one, two, three] = [1, 2, 3].map((count) => drawn(count, seed));
    deepStrictEqual([0, 1, 2].map((label) => countOf(one!, label)), [1, 1, 1]);
    deepStrictEqual([0, 1, 2].map((label) => countOf(two!, label)), [2, 2, 2]);
    deepStrictEqual([0, 1, 2].map((label) => countOf(three!, label)), [
      2,
      3,
      3,
    ]);
    deepStrictEqual(one!.filter((index) => !two!.includes(index)), []);
    deepStrictEqual(three, [...three!].sort((a, b) => a - b));
  }
  deepStrictEqual(
    faultsOf(sharePerClass(source, 0, rootKey(0))),
    ["count: found 0, wanted a whole number ≥ 1"],
  );
});

Deno.test("shareSource() refuses counts that the source does not have", () => {
  for (const count of [0, -1, 11, 1.5, NaN, Infinity]) {
    const wanted = [`limit: found ${count}, wanted a whole number in [1, 10]`];
    deepStrictEqual(
      faultsOf(shareSource(noiseSource(10), count, rootKey(0))),
      wanted,
    );
  }
});

Deno.test("shareSource() keeps different images in order, with their own labels", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.nat(), (count, seed) => {
      const part = right(shareSource(noiseSource(50), count, rootKey(seed)));
      const kept = originals(part);
      ok(kept.every((index, i) => i === 0 || index > (kept[i - 1] ?? -1)));
      deepStrictEqual(
        kept.map((_, i) => part.label(i)),
        kept.map((index) => index % 3),
      );
      strictEqual(kept.length, count);
    }),
  );
});

Deno.test("shareSource() is decided by the key; a larger share holds the smaller", () => {
  const share = (count: number, seed: number) =>
    originals(right(shareSource(noiseSource(100), count, rootKey(seed))));
  notDeepStrictEqual(share(20, 0), share(20, 1));
  const large = new Set(share(40, 0));
  ok(share(20, 0).every((index) => large.has(index)));
});

Deno.test("splitSource() parts the images: none in both, none lost", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 29 }), fc.nat(), (count, seed) => {
      const { share, rest } = right(
        splitSource(noiseSource(30), count, rootKey(seed)),
      );
      strictEqual(share.length, count);
      const all = [...originals(share), ...originals(rest)].sort((a, b) =>
        a - b
      );
      deepStrictEqual(all, Array.from({ length: 30 }, (_, i) => i));
    }),
  );
  deepStrictEqual(faultsOf(splitSource(noiseSource(3), 3, rootKey(0))), [
    "count: found 3, wanted a whole number in [1, 2]",
  ]);
});
