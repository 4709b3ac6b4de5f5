import { deepStrictEqual, notDeepStrictEqual, ok } from "node:assert/strict";
import { dropoutFactors } from "../../../train/tasks/dropout.ts";

const DRAW = { seed: 3, epoch: 1 };

Deno.test("dropoutFactors() drops a part of the values and scales the others, so that their mean stays 1", () => {
  for (const rate of [0.25, 0.5, 0.9]) {
    const factors = dropoutFactors(rate, 4000, Int32Array.of(5, 9), DRAW);
    const kept = Math.fround(1 / (1 - rate));
    ok(factors.every((factor) => factor === 0 || factor === kept));
    const dropped = factors.filter((factor) => factor === 0).length / 8000;
    // Five deviations of such a share.
    ok(Math.abs(dropped - rate) < 5 * Math.sqrt(rate * (1 - rate) / 8000));
  }
});

Deno.test("dropoutFactors() of a sample follow from seed, epoch and index, not from its batch", () => {
  const of = (...indices: readonly number[]) =>
    Array.from(dropoutFactors(0.5, 32, Int32Array.from(indices), DRAW));
  const [seven, two] = [of(7), of(2)];
  notDeepStrictEqual(seven, two);
  deepStrictEqual(of(2, 7), [...two, ...seven]);
  for (const draw of [{ ...DRAW, seed: 4 }, { ...DRAW, epoch: 2 }]) {
    const other = dropoutFactors(0.5, 32, Int32Array.of(7), draw);
    notDeepStrictEqual(Array.from(other), seven);
  }
});
