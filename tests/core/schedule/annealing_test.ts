import fc from "fast-check";
import { ok, strictEqual } from "node:assert/strict";
import type { WarmupMode } from "../../../core/mod.ts";
import {
  annealSteps,
  freezeStepAt,
  freezeTimeAt,
} from "../../../core/schedule/annealing.ts";
import type { FreezeTime } from "../../../core/brand.ts";
import { firstStepFrom } from "../../../core/schedule/annealing.ts";
import { between } from "../../arbitraries.ts";

const mode = fc.constantFrom<WarmupMode[]>("perLayer", "shared");
const time = between(1e-3, 1).map((value) => value as FreezeTime);
const span = fc.integer({ min: 1, max: 1_000_000 }).chain((totalSteps) =>
  fc.record({
    totalSteps: fc.constant(totalSteps),
    warmupSteps: fc.integer({ min: 0, max: totalSteps - 1 }),
  })
);

Deno.test("freezeStepAt() is the first step after the warm-up and the annealing", () => {
  fc.assert(fc.property(mode, span, time, (m, s, t) => {
    const moment = s.warmupSteps + annealSteps(m, s)(t);
    const step = freezeStepAt(m, s)(t);
    ok(Number.isInteger(step));
    ok(step >= moment - 1e-6 && step < moment + 1 + 1e-6, `${step} ${moment}`);
  }));
});

Deno.test("freezeStepAt() of time 1 is the end of the run", () => {
  fc.assert(fc.property(mode, span, (m, s) => {
    strictEqual(freezeStepAt(m, s)(1 as FreezeTime), s.totalSteps);
  }));
});

Deno.test("freezeTimeAt() gives few digits from which freezeStepAt() gives the step back", () => {
  fc.assert(fc.property(mode, span, between(0, 1), (m, s, place) => {
    const after = Math.floor(place * (s.totalSteps - s.warmupSteps - 1));
    const step = s.warmupSteps + 1 + after;
    const time = freezeTimeAt(m, s)(step);
    ok(time > 0 && time <= 1);
    ok(`${time}`.length <= "0.12345678".length, `${time}`);
    strictEqual(freezeStepAt(m, s)(time), step);
  }));
});

Deno.test("freezeStepAt() without warm-up is the same in both modes, with it earlier in mode perLayer", () => {
  fc.assert(fc.property(span, time, (s, t) => {
    const cold = { ...s, warmupSteps: 0 };
    strictEqual(
      freezeStepAt("perLayer", cold)(t),
      freezeStepAt("shared", cold)(t),
    );
    ok(freezeStepAt("perLayer", s)(t) <= freezeStepAt("shared", s)(t));
  }));
});

Deno.test("freezeStepAt() of ViT-B in mode shared are the reference's epochs 56.08 and 91.30 of 100", () => {
  const at = freezeStepAt("shared", { totalSteps: 10_000, warmupSteps: 1000 });
  strictEqual(at(0.512 as FreezeTime), 5608);
  strictEqual(at(0.903296 as FreezeTime), 9130);
});

Deno.test("firstStepFrom() is the ceiling, but takes a whole number with rounding noise for itself", () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 1e9 }), (n) => {
    strictEqual(firstStepFrom(n), n);
    strictEqual(firstStepFrom(n * (1 + 2 ** -50)), n);
    strictEqual(firstStepFrom(n * (1 - 2 ** -50)), n);
    strictEqual(firstStepFrom(n + 0.01), n + 1);
    strictEqual(firstStepFrom(n + 0.99), n + 1);
  }));
});
