import fc from "fast-check";
import { ok, strictEqual } from "node:assert/strict";
import { rateAt, type RateSchedule } from "../../../core/mod.ts";
import type {
  LayerWiseSchedule,
  UniformSchedule,
} from "../../../core/schedule/rate_schedule.ts";
import type { LearningRate } from "../../../core/brand.ts";
import { between } from "../../arbitraries.ts";

const rate = between(1e-6, 1).map((value) => value as LearningRate);
const warmup = fc.record({
  steps: fc.integer({ min: 0, max: 50 }),
  peakRate: rate,
});

/** Cosines whose end may lie between two steps. */
const layerWise: fc.Arbitrary<LayerWiseSchedule> = fc.record({
  _tag: fc.constant("LayerWise" as const),
  warmup,
  initialRate: rate,
  annealSteps: between(0.5, 200),
}).map((schedule) => ({
  ...schedule,
  until: schedule.warmup.steps + Math.ceil(schedule.annealSteps),
}));

const uniform: fc.Arbitrary<UniformSchedule> = fc.record({
  _tag: fc.constant("Uniform" as const),
  warmup,
  initialRate: rate,
  endPart: between(0, 1),
  annealSteps: fc.integer({ min: 1, max: 200 }),
  untilPart: between(0, 1),
}).map(({ endPart, untilPart, ...schedule }) => ({
  ...schedule,
  endRate: endPart * schedule.initialRate as LearningRate,
  until: schedule.warmup.steps +
    Math.ceil(untilPart * schedule.annealSteps),
}));

const schedule: fc.Arbitrary<RateSchedule> = fc.oneof(layerWise, uniform);
const step = fc.integer({ min: 0, max: 300 });

const times = (factor: number) => (s: RateSchedule): RateSchedule => {
  const grown = {
    warmup: {
      ...s.warmup,
      peakRate: factor * s.warmup.peakRate as LearningRate,
    },
    initialRate: factor * s.initialRate as LearningRate,
  };
  return s._tag === "LayerWise"
    ? { ...s, ...grown }
    : { ...s, ...grown, endRate: factor * s.endRate as LearningRate };
};

const near = (a: number, b: number, tolerance: number): void =>
  ok(Math.abs(a - b) <= tolerance, `${a} vs ${b}`);

Deno.test("rateAt() never rises after the warm-up", () => {
  fc.assert(fc.property(schedule, step, step, (s, a, b) => {
    const [early, late] = [Math.min(a, b), Math.max(a, b)]
      .map((j) => s.warmup.steps + j) as [number, number];
    ok(rateAt(s)(late) <= rateAt(s)(early) * (1 + 1e-12));
  }));
});

Deno.test("rateAt() rises in equal steps during the warm-up, from 0", () => {
  fc.assert(fc.property(schedule, (s) => {
    const { steps, peakRate } = s.warmup;
    if (steps === 0 || s.until < steps) return;
    strictEqual(rateAt(s)(0), 0);
    for (let i = 1; i < steps; i++) {
      near(rateAt(s)(i) - rateAt(s)(i - 1), peakRate / steps, 1e-15);
    }
  }));
});

Deno.test("rateAt() is the initial rate when the warm-up is over", () => {
  fc.assert(fc.property(schedule, (s) => {
    if (s.until === s.warmup.steps) return;
    near(rateAt(s)(s.warmup.steps), s.initialRate, 1e-15);
  }));
});

Deno.test("rateAt() is exactly 0 from step `until` on, and positive before", () => {
  fc.assert(fc.property(schedule, step, (s, j) => {
    strictEqual(rateAt(s)(s.until + j), 0);
    const before = Math.max(s.warmup.steps, s.until - 1 - j);
    if (before < s.until && before - s.warmup.steps < s.annealSteps - 1e-6) {
      ok(rateAt(s)(before) > 0);
    }
  }));
});

Deno.test("rateAt() of a layer-wise schedule is 0 between the end of its cosine and the next step", () => {
  fc.assert(fc.property(layerWise, between(0, 1), (s, part) => {
    const end = s.warmup.steps + s.annealSteps;
    const moment = end + (0.01 + 0.99 * part) * (s.until - end);
    ok(rateAt(s)(moment) <= 1e-15 * s.initialRate);
  }));
});

Deno.test("rateAt() is linear in the rates of the schedule", () => {
  fc.assert(fc.property(schedule, between(0.1, 10), step, (s, factor, j) => {
    const expected = factor * rateAt(s)(j);
    near(rateAt(times(factor)(s))(j), expected, 1e-12);
  }));
});

Deno.test("rateAt() of a layer-wise schedule covers half the rectangle: the trapezoid sum on any grid that ends where it freezes", () => {
  fc.assert(
    fc.property(layerWise, fc.integer({ min: 1, max: 300 }), (s, intervals) => {
      const from = s.warmup.steps;
      const width = s.annealSteps / intervals;
      const at = (k: number): number =>
        k === intervals ? 0 : rateAt(s)(from + k * width);
      const area = Array.from(
        { length: intervals },
        (_, k) => width * (at(k) + at(k + 1)) / 2,
      ).reduce((sum, part) => sum + part, 0);
      near(area, s.initialRate * s.annealSteps / 2, 1e-9 * area);
    }),
  );
});

Deno.test("rateAt() of a layer-wise schedule of n whole steps sums to α(0)·(n + 1)/2", () => {
  fc.assert(fc.property(rate, fc.integer({ min: 1, max: 500 }), (start, n) => {
    const at = rateAt({
      _tag: "LayerWise",
      warmup: { steps: 0, peakRate: start },
      initialRate: start,
      annealSteps: n,
      until: n,
    });
    const sum = Array.from({ length: n }, (_, j) => at(j))
      .reduce<number>((total, value) => total + value, 0);
    near(sum, start * (n + 1) / 2, 1e-12 * n);
  }));
});

Deno.test("rateAt() of a uniform schedule ends at endRate and depends on `until` only by the cut", () => {
  fc.assert(fc.property(uniform, step, (s, j) => {
    const uncut = { ...s, until: 10_000 };
    near(rateAt(uncut)(s.warmup.steps + s.annealSteps), s.endRate, 1e-15);
    strictEqual(rateAt(s)(j), j < s.until ? rateAt(uncut)(j) : 0);
  }));
});
