import { ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import type { AdamWConfig } from "../../../core/mod.ts";
import { adamwTolerance } from "../../../tools/parity/adamw_tolerance.ts";

const RULE: AdamWConfig = {
  _tag: "AdamW",
  beta1: 0.9,
  beta2: 0.95,
  epsilon: 1e-8,
  weightDecay: 0.05,
};

const RATES = [1e-3, 2e-3, 1.5e-3];

/** Loshchilov and Hutter 2019, algorithm 2, on one number. */
function moved(
  { beta1, beta2, epsilon, weightDecay }: AdamWConfig,
  start: number,
  gradients: readonly number[],
): number {
  let [value, mean, square] = [start, 0, 0];
  gradients.forEach((g, step) => {
    mean = beta1 * mean + (1 - beta1) * g;
    square = beta2 * square + (1 - beta2) * g * g;
    const direction = mean / (1 - beta1 ** (step + 1)) /
      (Math.sqrt(square / (1 - beta2 ** (step + 1))) + epsilon);
    value -= RATES[step]! * (direction + weightDecay * value);
  });
  return value;
}

/** A tensor of one number among larger ones: gradients in three steps. */
const tolerance = (
  start: number,
  gradients: readonly number[],
  largest: number,
  part: number,
): number =>
  adamwTolerance({
    rule: RULE,
    start: [start, 0],
    gradients: gradients.map((g) => [g, largest]),
    rates: RATES,
  }, part)[0]!;

/** Gradients of all sizes and both signs. */
const gradient = fc.tuple(
  fc.double({ min: -9, max: 0, noNaN: true }),
  fc.boolean(),
).map(([exponent, isNegative]) => (isNegative ? -1 : 1) * 10 ** exponent);
const three = fc.tuple(gradient, gradient, gradient);
const part = fc.double({ min: -1, max: 1, noNaN: true });

Deno.test("adamwTolerance() covers whatever gradients within their tolerance lead to", () => {
  fc.assert(
    fc.property(
      three,
      fc.tuple(part, part, part),
      fc.double({ min: -1, max: 1, noNaN: true }),
      fc.constantFrom(1e-6, 1e-5, 1e-3),
      (gradients, errors, start, relative) => {
        const other = gradients.map((g, s) => g + relative * errors[s]!);
        const off = Math.abs(
          moved(RULE, start, other) - moved(RULE, start, gradients),
        );
        const allowed = tolerance(start, gradients, 1, relative);
        ok(off <= allowed, `${off} of ${allowed}`);
      },
    ),
    { numRuns: 2000 },
  );
});

Deno.test("adamwTolerance() allows large gradients little more than rounding", () => {
  ok(tolerance(0.1, [1, 1, 1], 1, 1e-5) < 4e-7);
});

Deno.test("adamwTolerance() allows steps of either sign, and no more, where gradients are smaller than their error", () => {
  const flipped = moved(RULE, 0.1, [1e-7, 1e-7, 1e-7]) -
    moved(RULE, 0.1, [-1e-7, -1e-7, -1e-7]);
  const allowed = tolerance(0.1, [1e-7, 1e-7, 1e-7], 1, 1e-5);
  ok(Math.abs(flipped) < allowed && allowed < 1.2 * Math.abs(flipped));
});

Deno.test("adamwTolerance() allows nothing where a gradient is no number", () => {
  strictEqual(tolerance(0.1, [1, NaN, 1], 1, 1e-5), NaN);
});
