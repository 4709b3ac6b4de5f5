import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { minimaOf, type SideTimes } from "../../../bench/peers/side.ts";

const ms = fc.double({ min: 1e-3, max: 1e6, noNaN: true });
const part = fc.option(ms, { nil: null });

const times: fc.Arbitrary<SideTimes> = fc.record({
  forwardMs: part,
  backwardMs: part,
  gradientMs: ms,
  updateMs: ms,
  totalMs: ms,
}, { noNullPrototype: true });

const several = fc.tuple(times, fc.array(times, { maxLength: 8 })).map((
  [first, rest],
): [SideTimes, ...SideTimes[]] => [first, ...rest]);

const KEYS = [
  "forwardMs",
  "backwardMs",
  "gradientMs",
  "updateMs",
  "totalMs",
] as const;

Deno.test("minimaOf() gives of each time one that was measured and none is less", () => {
  fc.assert(fc.property(several, (all) => {
    const least = minimaOf(all);
    for (const key of KEYS) {
      const value = least[key];
      if (value === null) continue;
      ok(all.some((time) => time[key] === value), key);
      ok(all.every((time) => (time[key] ?? 0) >= value), key);
    }
  }));
});

Deno.test("minimaOf() does not know a part that was unknown once", () => {
  fc.assert(fc.property(several, (all) => {
    const { forwardMs } = minimaOf(all);
    strictEqual(
      forwardMs === null,
      all.some((time) => time.forwardMs === null),
    );
  }));
});

Deno.test("minimaOf() does not care for the order, nor for rounds within rounds", () => {
  fc.assert(fc.property(several, several, (a, b) => {
    const whole = minimaOf([...a, ...b]);
    deepStrictEqual(minimaOf([...b, ...a]), whole);
    deepStrictEqual(minimaOf([minimaOf(a), minimaOf(b)]), whole);
  }));
});
