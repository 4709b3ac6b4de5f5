import fc from "fast-check";
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  type Curriculum,
  weightlessFrom,
  weightsAt,
} from "../../../core/schedule/curriculum.ts";
import { between, curriculumOf } from "../../arbitraries.ts";

const STAGES = 3;
const curricula = curriculumOf(STAGES);

Deno.test("weightsAt() goes through all points, and stays before the first and behind the last", () => {
  fc.assert(fc.property(curricula, (curriculum) => {
    const weights = weightsAt(curriculum);
    for (const point of curriculum) {
      deepStrictEqual(weights(point.time), point.weights);
    }
    deepStrictEqual(weights(-1), curriculum[0]?.weights);
    deepStrictEqual(weights(2), curriculum.at(-1)?.weights);
  }));
});

Deno.test("weightsAt() is linear between two neighbouring points", () => {
  fc.assert(fc.property(curricula, between(0, 1), (curriculum, part) => {
    const [a, b] = curriculum;
    if (a === undefined || b === undefined) return;
    const time = Math.min(b.time, a.time + part * (b.time - a.time));
    // Of points that lie closer than this, the time between them is not a number.
    fc.pre(b.time - a.time > 1e-6);
    weightsAt(curriculum)(time).forEach((weight, k) => {
      const wanted = (1 - part) * a.weights[k]! + part * b.weights[k]!;
      ok(Math.abs(weight - wanted) <= 1e-8);
    });
  }));
});

Deno.test("a stage has no weight from weightlessFrom() on, and some right before it", () => {
  fc.assert(fc.property(
    curricula,
    fc.nat(STAGES - 1),
    between(0, 1),
    (curriculum, stage, part) => {
      const from = weightlessFrom(curriculum, stage);
      const weights = weightsAt(curriculum);
      if (from === null) return ok(weights(1)[stage]! > 0);
      strictEqual(weights(from + part * (1 - from))[stage], 0);
      const before = curriculum.findLast(({ time }) => time < from);
      if (before === undefined) return strictEqual(from, 0);
      ok(weights((before.time + from) / 2)[stage]! > 0);
    },
  ));
});

Deno.test("one point is a constant", () => {
  const curriculum: Curriculum = [{ time: 0.5, weights: [2, 0, 1] }];
  deepStrictEqual([0, 0.5, 1].map(weightsAt(curriculum)), [
    [2, 0, 1],
    [2, 0, 1],
    [2, 0, 1],
  ]);
  strictEqual(weightlessFrom(curriculum, 1), 0);
  strictEqual(weightlessFrom(curriculum, 0), null);
});
