import { strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { mostFrequentShare, topAccuracy } from "../../../train/mod.ts";

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
