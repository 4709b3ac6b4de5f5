import { deepStrictEqual, ok } from "node:assert/strict";
import fc from "fast-check";
import { rootKey } from "../../../core/mod.ts";
import { stratifiedSplit } from "../../../train/probe/stratified.ts";

Deno.test("stratifiedSplit() parts all samples, each class alike, and leaves some of every class to learn from", () => {
  const labels = fc.array(fc.nat(4), { minLength: 1, maxLength: 60 });
  fc.assert(fc.property(
    labels,
    fc.double({ min: 0.05, max: 0.95, noNaN: true }),
    fc.nat(1000),
    (list, part, seed) => {
      const all = Int32Array.from(list);
      const { share, rest } = stratifiedSplit(all, part, rootKey(seed));
      deepStrictEqual(
        [...share, ...rest].sort((a, b) => a - b),
        list.map((_, i) => i),
      );
      for (const label of new Set(list)) {
        const count = (of: Int32Array) =>
          of.filter((i) => list[i] === label).length;
        const [taken, left] = [count(share), count(rest)];
        ok(left >= 1 && (taken >= 1 || left === 1));
        ok(Math.abs(taken - part * (taken + left)) <= 1);
      }
    },
  ));
});
