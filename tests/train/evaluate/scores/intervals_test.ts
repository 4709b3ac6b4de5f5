import { deepStrictEqual, ok } from "node:assert/strict";
import fc from "fast-check";
import { accuracyGain, wilsonInterval } from "../../../../train/mod.ts";

const digits = (ends: readonly number[], count: number): readonly number[] =>
  ends.map((end) => Number(end.toFixed(count)));

Deno.test("wilsonInterval() has the ends of Newcombe's examples", () => {
  // Newcombe, Two-sided confidence intervals for the single proportion, 1998, table I.
  deepStrictEqual(digits(wilsonInterval(81, 263), 4), [0.2553, 0.3662]);
  deepStrictEqual(digits(wilsonInterval(15, 148), 4), [0.0624, 0.1605]);
  deepStrictEqual(digits(wilsonInterval(0, 20), 4), [0, 0.1611]);
  deepStrictEqual(digits(wilsonInterval(1, 29), 4), [0.0061, 0.1718]);
});

Deno.test("wilsonInterval() holds the proportion, lies in [0, 1], mirrors, and narrows with more samples", () => {
  const pair = fc.nat({ max: 500 }).chain((count) =>
    fc.tuple(fc.nat({ max: count }), fc.constant(count))
  );
  fc.assert(fc.property(pair, ([found, count]) => {
    const [low, high] = wilsonInterval(found, count);
    ok(0 <= low && low <= high && high <= 1);
    const [mirrored] = wilsonInterval(count - found, count);
    ok(Math.abs(mirrored - (1 - high)) < 1e-12);
    if (count === 0) return;
    ok(low <= found / count && found / count <= high);
    const [lower, higher] = wilsonInterval(4 * found, 4 * count);
    ok(higher - lower < high - low);
  }));
});

Deno.test("accuracyGain() has the interval of Agresti's example of two polls", () => {
  // Agresti, Categorical Data Analysis: 1,600 people asked twice.
  const kinds = [[794, true, true], [150, true, false], [86, false, true], [
    570,
    false,
    false,
  ]] as const;
  const [first, second] = [1, 2].map((k) =>
    kinds.flatMap((kind) => Array<boolean>(kind[0]).fill(kind[k] as boolean))
  ) as [boolean[], boolean[]];
  const { gain, interval, onlyFirst, onlySecond } = accuracyGain(first, second);
  deepStrictEqual([onlyFirst, onlySecond, gain], [150, 86, 0.04]);
  deepStrictEqual(digits(interval, 3), [0.021, 0.059]);
});

Deno.test("accuracyGain() turns its sign where both change places", () => {
  const bits = fc.array(fc.tuple(fc.boolean(), fc.boolean()), { minLength: 1 });
  fc.assert(fc.property(bits, (pairs) => {
    const [a, b] = [pairs.map(([one]) => one), pairs.map(([, one]) => one)];
    const [there, back] = [accuracyGain(a, b), accuracyGain(b, a)];
    // Not -0, which is another value.
    ok(there.gain + back.gain === 0);
    ok(Math.abs(there.interval[0] + back.interval[1]) < 1e-12);
  }));
});
