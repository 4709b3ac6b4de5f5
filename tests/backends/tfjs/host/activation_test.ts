import { ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { erf } from "../../../../core/graph/erf.ts";
import {
  geluSlope,
  normalCdf,
} from "../../../../backends/tfjs/host/activation.ts";

const cdf = (x: number) => 0.5 * (1 + erf(x / Math.SQRT2));
const pdf = (x: number) => Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
const anywhere = fc.double({ min: -12, max: 12, noNaN: true });

Deno.test("normalCdf() is within 1e-8 of the distribution function", () => {
  fc.assert(fc.property(anywhere, (x) => {
    ok(Math.abs(normalCdf(x) - cdf(x)) < 1e-8);
  }));
});

Deno.test("geluSlope() is within 3e-8 of the derivative of x·Φ(x)", () => {
  fc.assert(fc.property(anywhere, (x) => {
    ok(Math.abs(geluSlope(x) - (cdf(x) + x * pdf(x))) < 3e-8);
  }));
});

Deno.test("normalCdf() passes NaN on and saturates at infinity", () => {
  ok(Number.isNaN(normalCdf(NaN)) && Number.isNaN(geluSlope(NaN)));
  strictEqual(normalCdf(Infinity), 1);
});
