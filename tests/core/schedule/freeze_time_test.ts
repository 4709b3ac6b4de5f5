import fc from "fast-check";
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { FreezeScale } from "../../../core/mod.ts";
import {
  FREEZE_EXPONENTS,
  freezeTimes,
  scaled,
} from "../../../core/schedule/freeze_time.ts";
import { between } from "../../arbitraries.ts";

const freeze = fc.record({
  t0: between(1e-6, 1),
  scale: fc.constantFrom<FreezeScale[]>("linear", "squared", "cubic"),
});
const layers = fc.integer({ min: 1, max: 40 });

Deno.test("freezeTimes() rise with depth and end at 1", () => {
  fc.assert(fc.property(freeze, layers, (f, n) => {
    const times = freezeTimes(f, n);
    strictEqual(times.length, n);
    strictEqual(times.at(-1), 1);
    times.slice(1).forEach((time, i) => ok(time >= (times[i] ?? NaN)));
    ok(times.every((time) => time > 0 && time <= 1));
  }));
});

Deno.test("freezeTimes() begin at t0 scaled, unless the first layer is the last", () => {
  fc.assert(fc.property(freeze, layers, (f, n) => {
    strictEqual(freezeTimes(f, n)[0], n === 1 ? 1 : scaled(f.scale)(f.t0));
  }));
});

Deno.test("freezeTimes() with t0 = 1 freeze nothing before the end", () => {
  fc.assert(fc.property(freeze, layers, ({ scale }, n) => {
    deepStrictEqual(freezeTimes({ t0: 1, scale }, n), Array(n).fill(1));
  }));
});

Deno.test("freezeTimes() are evenly spaced before scaling", () => {
  const times = freezeTimes({ t0: 0.5, scale: "linear" }, 6);
  deepStrictEqual(times.map((time) => time.toFixed(12)), [
    "0.500000000000",
    "0.600000000000",
    "0.700000000000",
    "0.800000000000",
    "0.900000000000",
    "1.000000000000",
  ]);
});

Deno.test("scaled() is the power that FREEZE_EXPONENTS says", () => {
  fc.assert(fc.property(freeze, ({ t0, scale }) => {
    const power = t0 ** FREEZE_EXPONENTS[scale];
    ok(Math.abs(scaled(scale)(t0) - power) <= 1e-15 * power);
  }));
});
