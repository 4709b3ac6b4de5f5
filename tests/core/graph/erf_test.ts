import fc from "fast-check";
import { ok, strictEqual } from "node:assert/strict";
import { erf } from "../../../core/graph/erf.ts";
import { between } from "../../arbitraries.ts";

/** `math.erf(x)` of Python. */
const PUBLISHED = [
  [0, 0],
  [0.1, 0.1124629160182849],
  [0.5, 0.5204998778130465],
  [1, 0.8427007929497149],
  [1.5, 0.9661051464753108],
  [2, 0.9953222650189527],
  [3, 0.9999779095030014],
  [5, 0.9999999999984626],
] as const;

Deno.test("erf() has the published values to 2e-15", () => {
  for (const [x, value] of PUBLISHED) {
    ok(Math.abs(erf(x) - value) <= 2e-15, `erf(${x}) = ${erf(x)}`);
  }
});

Deno.test("erf() is odd", () => {
  fc.assert(fc.property(between(-8, 8), (x) => strictEqual(erf(-x), -erf(x))));
});

Deno.test("erf() does not fall by more than its rounding, and stays in [-1, 1]", () => {
  fc.assert(fc.property(between(-8, 8), between(0, 1), (x, step) => {
    ok(erf(x + step) >= erf(x) - 1e-14);
    ok(Math.abs(erf(x)) <= 1);
  }));
});

Deno.test("erf() has the slope 2/√π·exp(-x²)", () => {
  fc.assert(fc.property(between(-5.9, 5.9), (x) => {
    const slope = (erf(x + 1e-5) - erf(x - 1e-5)) / 2e-5;
    const wanted = 2 / Math.sqrt(Math.PI) * Math.exp(-x * x);
    ok(Math.abs(slope - wanted) <= 1e-9, `${slope} vs ${wanted}`);
  }));
});

Deno.test("erf() ends at ±1 and passes NaN on", () => {
  strictEqual(erf(Infinity), 1);
  strictEqual(erf(-Infinity), -1);
  strictEqual(erf(6), 1);
  ok(Number.isNaN(erf(NaN)));
});
