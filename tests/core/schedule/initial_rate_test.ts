import fc from "fast-check";
import { ok, strictEqual } from "node:assert/strict";
import { peakRate } from "../../../core/mod.ts";
import type { FreezeTime } from "../../../core/brand.ts";
import {
  initialRate,
  stageFactor,
} from "../../../core/schedule/initial_rate.ts";
import { between } from "../../arbitraries.ts";

const time = between(1e-3, 1).map((value) => value as FreezeTime);
const base = between(1e-6, 1);
const power = between(0, 3);

Deno.test("initialRate() with power 0 is the base rate, with power 1 the base rate over the freeze time", () => {
  fc.assert(fc.property(base, time, (b, t) => {
    strictEqual(initialRate(b, 0)(t), b);
    strictEqual(initialRate(b, 1)(t), b / t);
  }));
});

Deno.test("initialRate() is never below the base rate and grows with the power", () => {
  fc.assert(fc.property(base, power, power, time, (b, p, q, t) => {
    const [small, large] = [Math.min(p, q), Math.max(p, q)];
    ok(initialRate(b, small)(t) >= b);
    ok(initialRate(b, large)(t) >= initialRate(b, small)(t));
  }));
});

Deno.test("stageFactor() rises with depth to 1 and is off with power 0", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 12 }), power, (count, p) => {
    const factors = Array.from({ length: count }, (_, s) => s)
      .map(stageFactor(count, p));
    strictEqual(factors.at(-1), 1);
    factors.slice(1).forEach((f, s) => ok(f >= (factors[s] ?? NaN)));
    ok(factors.every((f) => f > 0));
    ok([0, count - 1].map(stageFactor(count, 0)).every((f) => f === 1));
  }));
});

Deno.test("stageFactor() with p = 0.8 has the values of the thesis' best setting", () => {
  const factors = [0, 1, 2, 3].map(stageFactor(4, 0.8));
  const expected = [0.329877, 0.415244, 0.574349, 1];
  factors.forEach((f, s) => strictEqual(f.toFixed(6), expected[s]?.toFixed(6)));
});

Deno.test("peakRate() is 1.6e-3 for rate 2e-4 and 2048 samples", () => {
  strictEqual(peakRate(2e-4, 2048), 1.6e-3);
});
