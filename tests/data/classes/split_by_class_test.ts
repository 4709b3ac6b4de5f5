import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { rootKey } from "../../../core/mod.ts";
import {
  type ImageSource,
  splitByClass,
  splitLabels,
} from "../../../data/mod.ts";
import { classCounts } from "../../../data/classes/split_by_class.ts";
import { noiseSource, valueOf } from "../sources.ts";

/** A source with so many images of each class, the classes mixed. */
function sourceOf(images: readonly number[]): ImageSource {
  const labels = images.flatMap((n, label) =>
    Array.from({ length: n }, () => label)
  );
  const mixed = labels.map((_, i) => labels[(11 * i) % labels.length] ?? 0);
  return {
    ...noiseSource(labels.length),
    classNames: images.map((_, label) => `class ${label}`),
    label: (index) => mixed[index] ?? null,
  };
}

const labelsOf = ({ length, label }: ImageSource) =>
  Array.from({ length }, (_, i) => label(i));

const namesOf = ({ length, imageName }: ImageSource) =>
  Array.from({ length }, (_, i) => imageName(i));

const sum = (counts: readonly number[]): number =>
  counts.reduce((all, count) => all + count, 0);

Deno.test("classCounts() gives each class its part, and one on both sides where it has two", () => {
  deepStrictEqual(classCounts([600, 300, 100], 100), [60, 30, 10]);
  deepStrictEqual(classCounts([590, 2, 1], 59), [58, 1, 0]);
  deepStrictEqual([...classCounts([3, 3, 3], 2)].sort(), [0, 1, 1]);
  deepStrictEqual(classCounts([2, 2, 6], 9), [2, 2, 5]);
});

Deno.test("classCounts() makes up the sum, keeps to what there is, and strays by less than one without small classes", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 60 }), {
        minLength: 1,
        maxLength: 12,
      }),
      fc.double({ min: 0.01, max: 0.99, noNaN: true }),
      (images, share) => {
        const all = sum(images);
        const count = Math.max(1, Math.floor(share * all));
        const counts = classCounts(images, count);
        strictEqual(sum(counts), count);
        images.forEach((n, c) => ok(counts[c]! >= 0 && counts[c]! <= n));
        const pairs = images.filter((n) => n > 1).length;
        const roomy = count >= pairs && all - count >= images.length;
        if (roomy) {
          images.forEach((n, c) => {
            ok(n === 1 || (counts[c]! >= 1 && counts[c]! < n));
          });
        }
        const isEasy = images.every((n) =>
          n * share >= 2 && n * (1 - share) >= 2
        );
        if (isEasy) {
          images.forEach((n, c) => {
            ok(Math.abs(counts[c]! - count * n / all) < 1 + 1e-9);
          });
        }
      },
    ),
    { seed: 5, numRuns: 1000 },
  );
});

Deno.test("splitByClass() parts a source in two that have no image in common", () => {
  const source = sourceOf([40, 20, 2, 1]);
  const { share, rest, notInShare, notInRest } = valueOf(
    splitByClass(source, 12, rootKey(0)),
  );
  deepStrictEqual(
    [...namesOf(share), ...namesOf(rest)].sort(),
    namesOf(source).sort(),
  );
  const counts = [0, 1, 2, 3].map((label) =>
    labelsOf(share).filter((each) => each === label).length
  );
  deepStrictEqual(counts, [7, 4, 1, 0]);
  deepStrictEqual([notInShare, notInRest], [["class 3"], []]);
});

Deno.test("splitByClass() draws the same for a key, and another for another", () => {
  const source = sourceOf([30, 30]);
  const drawn = (seed: number) =>
    namesOf(valueOf(splitByClass(source, 12, rootKey(seed))).share);
  deepStrictEqual(drawn(3), drawn(3));
  ok(drawn(3).join() !== drawn(4).join());
});

Deno.test("splitByClass() refuses a share that leaves nothing on one side", () => {
  for (const count of [0, 4, 1.5]) {
    const parts = splitByClass(sourceOf([2, 2]), count, rootKey(0));
    strictEqual(parts._tag, "Left");
  }
});

Deno.test("splitLabels() parts all samples, each class alike, and leaves some of every class to learn from", () => {
  const labels = fc.array(fc.nat(4), { minLength: 1, maxLength: 60 });
  const part = fc.double({ min: 0.05, max: 0.95, noNaN: true });
  fc.assert(fc.property(labels, part, fc.nat(1000), (list, of, seed) => {
    const count = Math.round(of * list.length);
    const all = Int32Array.from(list);
    const { share, rest } = splitLabels(all, count, rootKey(seed));
    deepStrictEqual(
      [...share, ...rest].sort((a, b) => a - b),
      list.map((_, i) => i),
    );
    for (const label of new Set(list)) {
      const taken = share.filter((i) => list[i] === label).length;
      const left = rest.filter((i) => list[i] === label).length;
      ok(left >= 1 && (taken >= 1 || left === 1));
    }
  }));
});

Deno.test("splitLabels() takes the part of each class to the nearest sample where classes are large", () => {
  const sizes = fc.array(fc.integer({ min: 10, max: 30 }), { minLength: 1 });
  const part = fc.double({ min: 0.2, max: 0.8, noNaN: true });
  fc.assert(fc.property(sizes, part, (images, of) => {
    const list = images.flatMap((n, label) => Array(n).fill(label));
    const count = Math.round(of * list.length);
    const { share } = splitLabels(Int32Array.from(list), count, rootKey(0));
    strictEqual(share.length, count);
    images.forEach((n, label) => {
      const taken = share.filter((i) => list[i] === label).length;
      ok(Math.abs(taken - count * n / list.length) < 1);
    });
  }));
});
