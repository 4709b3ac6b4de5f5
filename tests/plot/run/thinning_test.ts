import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { type SeriesPoint, thinned } from "../../../plot/run/loss_series.ts";

const points = fc.array(fc.double({ noNaN: true, min: -9, max: 9 }), {
  minLength: 1,
  maxLength: 300,
}).map((values) => values.map((value, step): SeriesPoint => ({ step, value })));

const limits = fc.integer({ min: 4, max: 60 });

Deno.test("thinned() keeps at most as many points as asked, in order, and invents none", () => {
  fc.assert(fc.property(points, limits, (all, limit) => {
    const kept = thinned(all, limit);
    ok(kept.length <= limit);
    ok(kept.every((point) => all[point.step] === point));
    ok(kept.every(({ step }, i) => i === 0 || step > (kept[i - 1]?.step ?? 0)));
  }));
});

Deno.test("thinned() keeps the ends, the lowest and the highest point", () => {
  fc.assert(fc.property(points, limits, (all, limit) => {
    const kept = thinned(all, limit);
    const values = (some: readonly SeriesPoint[]): readonly number[] =>
      some.map(({ value }) => value);
    strictEqual(kept[0], all[0]);
    strictEqual(kept.at(-1), all.at(-1));
    strictEqual(Math.max(...values(kept)), Math.max(...values(all)));
    strictEqual(Math.min(...values(kept)), Math.min(...values(all)));
  }));
});

Deno.test("thinned() leaves short series alone", () => {
  deepStrictEqual(thinned([], 4), []);
  const four = [1, 9, 2, 8].map((value, step) => ({ step, value }));
  deepStrictEqual(thinned(four, 4), four);
});
