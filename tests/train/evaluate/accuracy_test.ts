import fc from "fast-check";
import { ok, strictEqual } from "node:assert/strict";
import { mostFrequentShare } from "../../../train/mod.ts";
import { topAccuracy } from "../../../train/evaluate/accuracy.ts";

Deno.test("topAccuracy() counts by hand: 4 samples of 3 classes, ties go to the earlier class", () => {
  const scores = Float64Array.of(3, 2, 1, 1, 1, 0, 0, 0, 5, 2, 2, 2);
  const labels = Int32Array.of(0, 1, 0, 2);
  strictEqual(topAccuracy(scores, labels, 3, 1), 1 / 4);
  strictEqual(topAccuracy(scores, labels, 3, 2), 3 / 4);
  strictEqual(topAccuracy(scores, labels, 3, 3), 1);
});

Deno.test("topAccuracy() never counts a sample without a class, nor one whose score is not a number", () => {
  strictEqual(topAccuracy([1, 1], Int32Array.of(-1), 2, 2), 0);
  strictEqual(topAccuracy([1, 1], Int32Array.of(2), 2, 2), 0);
  strictEqual(topAccuracy([NaN, 1], Int32Array.of(0), 2, 1), 0);
  ok(Number.isNaN(topAccuracy([], new Int32Array(), 3, 1)));
});

Deno.test("topAccuracy() rises with the classes that may be named, up to 1, and sums to it over all labels", () => {
  const rows = fc.array(
    fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 4, maxLength: 4 }),
    { minLength: 1, maxLength: 5 },
  );
  fc.assert(fc.property(rows, (scores) => {
    const flat = scores.flat();
    const at = (label: number, top: number) =>
      topAccuracy(flat, new Int32Array(scores.length).fill(label), 4, top);
    for (const top of [1, 2, 3, 4]) {
      // Exactly `top` classes are named for each sample.
      const named = [0, 1, 2, 3].reduce(
        (sum, label) => sum + at(label, top),
        0,
      );
      ok(Math.abs(named - top) < 1e-9);
    }
  }));
});

Deno.test("mostFrequentShare() is the best accuracy of one answer for everything", () => {
  const labels = fc.array(fc.integer({ min: -1, max: 4 }), { minLength: 1 });
  fc.assert(fc.property(labels, (list) => {
    const own = Int32Array.from(list);
    const answers = [0, 1, 2, 3, 4].map((answer) => {
      const scores = list.flatMap(() =>
        [0, 1, 2, 3, 4].map((label) => label === answer ? 1 : 0)
      );
      return topAccuracy(scores, own, 5, 1);
    });
    strictEqual(mostFrequentShare(list), Math.max(...answers));
  }));
  strictEqual(mostFrequentShare([null, null]), 0);
  strictEqual(mostFrequentShare([]), NaN);
});
