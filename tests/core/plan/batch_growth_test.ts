import fc from "fast-check";
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { phaseFlops, planOf, ratesAt, withT0 } from "../../../core/mod.ts";
import {
  batchGrowth,
  grownRatesAt,
  grownStepAt,
} from "../../../core/plan/batch_growth.ts";
import { pretrainConfig } from "../../arbitraries.ts";

/** Plans of a few epochs, with their training. */
const grown = fc.record({
  config: pretrainConfig,
  epochSteps: fc.integer({ min: 1, max: 20 }),
}).map(({ config, epochSteps }) => {
  const { training } = config;
  const { batchSize, accumIter } = training;
  const plan = planOf(config, epochSteps * batchSize * accumIter);
  return plan._tag === "Left" ? null : { config, plan: plan.right, training };
}).filter((made) => made !== null && made.plan.totalSteps < 2000)
  .map((made) => {
    const { config, plan, training } = made!;
    const costOf = phaseFlops(plan);
    const growth = batchGrowth(plan, training, costOf);
    const steps = Array.from(
      { length: growth.totalSteps },
      (_, step) => grownStepAt(growth)(step),
    );
    return { ...{ config, plan, training, costOf, growth }, steps };
  });

Deno.test("grownStepAt() takes every micro-batch once and in order, never beyond an epoch or a phase", () => {
  fc.assert(
    fc.property(grown, ({ plan, training: { epochs, accumIter }, steps }) => {
      const ofEpoch = plan.totalSteps / epochs * accumIter;
      let next = 0;
      for (const { epoch, first, microBatches, phase } of steps) {
        strictEqual(epoch * ofEpoch + first, next);
        next += microBatches;
        ok(next <= (epoch + 1) * ofEpoch);
        const { from, to } = plan.phases[phase]!;
        ok(epoch * ofEpoch + first >= from * accumIter);
        ok(next <= to * accumIter);
      }
      strictEqual(next, plan.totalSteps * accumIter);
    }),
    { numRuns: 30 },
  );
});

Deno.test("batchGrowth() has no step that is dearer than the first, or smaller than one of the plan", () => {
  fc.assert(
    fc.property(grown, ({ plan, training, costOf, steps }) => {
      const { accumIter } = training;
      const budget = accumIter * costOf(plan.phases[0]);
      for (const { microBatches, phase } of steps) {
        const cost = microBatches * costOf(plan.phases[phase]!);
        ok(cost <= budget * (1 + 1e-9));
        ok(microBatches >= accumIter);
      }
      ok(steps.length <= plan.totalSteps);
    }),
    { numRuns: 30 },
  );
});

Deno.test("batchGrowth() cuts each part of an epoch into as few steps as its cost allows, equal but for one", () => {
  fc.assert(
    fc.property(grown, ({ plan, training, costOf, growth, steps }) => {
      const budget = training.accumIter * costOf(plan.phases[0]);
      for (
        const { phase, microBatches, step, steps: count } of growth.stretches
      ) {
        const sizes = steps.slice(step, step + count)
          .map((one) => one.microBatches);
        ok(Math.max(...sizes) - Math.min(...sizes) <= 1);
        if (count === 1) continue;
        const larger = Math.ceil(microBatches / (count - 1));
        ok(larger * costOf(plan.phases[phase]!) > budget * (1 - 1e-9));
      }
    }),
    { numRuns: 30 },
  );
});

Deno.test("batchGrowth() without freezing leaves a plan and its rates as they are", () => {
  fc.assert(
    fc.property(grown, ({ config, plan: { totalSteps }, training }) => {
      const freeze = withT0(config.freeze, 1);
      const { curriculum: _, ...still } = config;
      const { batchSize, accumIter, epochs } = training;
      const samples = totalSteps / epochs * batchSize * accumIter;
      const made = planOf({ ...still, freeze }, samples);
      if (made._tag === "Left") return;
      const plan = made.right;
      const growth = batchGrowth(plan, training, phaseFlops(plan));
      strictEqual(growth.totalSteps, totalSteps);
      const [own, before] = [
        grownRatesAt(plan, growth, training),
        ratesAt(plan),
      ];
      for (let step = 0; step < totalSteps; step += 17) {
        strictEqual(grownStepAt(growth)(step).microBatches, accumIter);
        own(step).layers.forEach((rate, i) => {
          const wanted = before(step).layers[i]!;
          ok(Math.abs(rate - wanted) <= 1e-12 * wanted);
        });
      }
    }),
    { numRuns: 30 },
  );
});

Deno.test("grownRatesAt() keep the area under every curve, and are 0 for what is frozen", () => {
  fc.assert(
    fc.property(grown, ({ plan, training, growth, steps }) => {
      const own = grownRatesAt(plan, growth, training);
      const before = ratesAt(plan);
      const area = (
        at: (step: number) => { readonly layers: readonly number[] },
        count: number,
      ) =>
        plan.layers.map((_, i) => {
          let sum = 0;
          for (let step = 0; step < count; step++) sum += at(step).layers[i]!;
          return sum;
        });
      const wanted = area(before, plan.totalSteps);
      area(own, growth.totalSteps).forEach((sum, i) =>
        ok(Math.abs(sum - wanted[i]!) <= 1e-9 * Math.abs(wanted[i]!))
      );
      steps.forEach(({ phase }, step) => {
        const { frozenLayers } = plan.phases[phase]!;
        deepStrictEqual(
          own(step).layers.slice(0, frozenLayers),
          Array(frozenLayers).fill(0),
        );
      });
    }),
    { numRuns: 20 },
  );
});
