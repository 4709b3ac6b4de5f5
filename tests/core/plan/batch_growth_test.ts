import fc from "fast-check";
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  encodePlan,
  type FreezePlan,
  phaseFlops,
  planOf,
  type PretrainConfig,
  ratesAt,
  RECIPES,
  strideAt,
  strideRates,
} from "../../../core/mod.ts";
import { decodePlan } from "../../../core/plan/plan_json.ts";
import { grownPhases } from "../../../core/plan/batch_growth.ts";
import { right } from "../../right.ts";

const { small } = RECIPES;

/** Plans of the small model: freeze times, epochs and steps of an epoch differ. */
const grownPlans = fc.record({
  t0: fc.constantFrom(0.5, 0.6, 0.8, 0.9, 1),
  epochs: fc.integer({ min: 2, max: 9 }),
  steps: fc.integer({ min: 1, max: 23 }),
}).map(({ t0, epochs, steps }) => {
  const config: PretrainConfig = {
    ...small,
    freeze: { ...small.freeze, t0 },
    training: { ...small.training, epochs, warmupEpochs: 0 },
    growBatch: true,
  };
  const plan = right(planOf(config, 32 * steps));
  return { plan, steps };
});

/** The strides of a whole run. */
function stridesOf(plan: FreezePlan, steps: number) {
  const stride = strideAt(plan, steps);
  const found = [];
  for (let step = 0; step < plan.totalSteps;) {
    const one = stride(step);
    for (let within = one.from; within < one.to; within++) {
      deepStrictEqual(stride(within), one);
    }
    found.push(one);
    step = one.to;
  }
  return found;
}

Deno.test("strides of a grown plan tile the run within phases and epochs, and updates are counted", () => {
  fc.assert(fc.property(grownPlans, ({ plan, steps }) => {
    const strides = stridesOf(plan, steps);
    strictEqual(strides.at(-1)?.to, plan.totalSteps);
    for (const [i, { from, to, update }] of strides.entries()) {
      strictEqual(update, i);
      ok(to > from);
      strictEqual(Math.floor(from / steps), Math.floor((to - 1) / steps));
      ok(
        plan.phases.some((phase) => phase.from <= from && to <= phase.to),
      );
    }
  }));
});

Deno.test("updates of a grown plan cost what they cost at first, to half a step in each part of an epoch", () => {
  fc.assert(fc.property(grownPlans, ({ plan, steps }) => {
    const costOf = phaseFlops(plan);
    const [first] = plan.phases;
    const strides = stridesOf(plan, steps);
    for (const phase of plan.phases) {
      const ratio = costOf(first) / costOf(phase);
      strictEqual(phase.stepsAtOnce ?? 1, ratio);
      const stretches = Map.groupBy(
        strides.filter(({ from }) => phase.from <= from && from < phase.to),
        ({ from }) => Math.floor(from / steps),
      );
      for (const own of stretches.values()) {
        const length = own.at(-1)!.to - own[0]!.from;
        ok(own.length === 1 || Math.abs(own.length - length / ratio) <= 0.5);
        const sizes = own.map(({ from, to }) => to - from);
        ok(Math.max(...sizes) - Math.min(...sizes) <= 1);
      }
    }
  }));
});

Deno.test("rates of strides add up to the area under every rate", () => {
  fc.assert(fc.property(grownPlans, ({ plan, steps }) => {
    const rates = ratesAt(plan);
    const grown = stridesOf(plan, steps).map(strideRates(plan));
    for (const [i] of plan.layers.entries()) {
      const area = Array.from(
        { length: plan.totalSteps },
        (_, step) => rates(step).layers[i] ?? NaN,
      ).reduce((a, b) => a + b, 0);
      const found = grown.reduce((sum, one) => sum + one.layers[i]!, 0);
      ok(Math.abs(found - area) <= 1e-12 * Math.max(1, area));
    }
  }));
});

Deno.test("a plan that does not grow moves at every step", () => {
  const plan = right(planOf(small, 8000));
  ok(plan.phases.every((phase) => !("stepsAtOnce" in phase)));
  deepStrictEqual(strideAt(plan, 250)(7), { from: 7, to: 8, update: 7 });
  deepStrictEqual(strideRates(plan)({ from: 7, to: 8 }), ratesAt(plan)(7));
});

Deno.test("grownPhases() leaves phases alone that cost as much as the first or more", () => {
  const { phases } = right(planOf(small, 8000));
  deepStrictEqual(grownPhases(phases, ({ index }) => 1 + index), phases);
  deepStrictEqual(
    grownPhases(phases, ({ index }) => 6 / (1 + index)).map((phase) =>
      phase.stepsAtOnce
    ),
    [undefined, ...phases.slice(1).map(({ index }) => 1 + index)],
  );
});

Deno.test("a grown plan goes through JSON", () => {
  const plan = right(planOf({ ...small, growBatch: true }, 8000));
  const read = decodePlan(JSON.parse(JSON.stringify(encodePlan(plan))));
  deepStrictEqual(right(read), plan);
});
