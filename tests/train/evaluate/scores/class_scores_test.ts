import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import {
  classScores,
  confusionMatrix,
  predictedClasses,
} from "../../../../train/mod.ts";
import { topAccuracy } from "../../../../train/evaluate/accuracy.ts";

const CLASSES = 4;

/** Labels and scores in which ties and samples without a class happen. */
const scored = fc.array(
  fc.tuple(
    fc.integer({ min: -1, max: CLASSES - 1 }),
    fc.array(fc.integer({ min: 0, max: 3 }), {
      minLength: CLASSES,
      maxLength: CLASSES,
    }),
  ),
  { minLength: 1, maxLength: 40 },
).map((rows) => ({
  labels: Int32Array.from(rows, ([label]) => label),
  scores: rows.flatMap(([, scores]) => scores),
}));

Deno.test("predictedClasses() is right as often as topAccuracy() says", () =>
  fc.assert(fc.property(scored, ({ labels, scores }) => {
    const named = predictedClasses(scores, CLASSES);
    const right = named.filter((one, i) => one === labels[i]).length;
    strictEqual(
      right / labels.length,
      topAccuracy(scores, labels, CLASSES, 1),
    );
  })));

Deno.test("predictedClasses() names none where a score is not a number", () =>
  deepStrictEqual([...predictedClasses([1, NaN, 0, 2], 2)], [-1, 1]));

Deno.test("classScores(): rows of the matrix are the classes, their diagonal what was found", () =>
  fc.assert(fc.property(scored, ({ labels, scores }) => {
    const named = predictedClasses(scores, CLASSES);
    const found = classScores(labels, named, CLASSES);
    const { confusion, byClass } = found;
    deepStrictEqual(confusion, confusionMatrix(labels, named, CLASSES));
    byClass.forEach(({ count, found, accuracy }, label) => {
      const row = confusion.subarray(label * CLASSES, (label + 1) * CLASSES);
      strictEqual(row.reduce((sum, n) => sum + n, 0), count);
      strictEqual(row[label], found);
      ok(count === 0 || accuracy === found / count);
    });
    strictEqual(
      byClass.reduce((sum, { count }) => sum + count, 0),
      labels.filter((label) => label >= 0).length,
    );
  })));

Deno.test("classScores() counts every class alike in the balanced accuracy, and none without samples", () => {
  const labels = Int32Array.of(0, 0, 0, 0, 2, 2, -1);
  const named = Int32Array.of(0, 0, 0, 2, 2, 0, 1);
  const { accuracy, balanced, count, found, byClass } = classScores(
    ...[labels, named, 3] as const,
  );
  deepStrictEqual([found, count, accuracy], [4, 6, 4 / 6]);
  strictEqual(balanced, (3 / 4 + 1 / 2) / 2);
  deepStrictEqual(byClass[1]?.interval, [0, 1]);
});

Deno.test("classScores() of equal classes is as balanced as it is accurate", () => {
  const named = fc.array(fc.nat({ max: 2 }), { minLength: 9, maxLength: 9 });
  fc.assert(fc.property(named, (classes) => {
    const labels = Int32Array.of(0, 1, 2, 0, 1, 2, 0, 1, 2);
    const { accuracy, balanced } = classScores(
      ...[labels, Int32Array.from(classes), 3] as const,
    );
    ok(Math.abs(accuracy - balanced) < 1e-12);
  }));
});
