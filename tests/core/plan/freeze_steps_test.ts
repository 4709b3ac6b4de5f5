import fc from "fast-check";
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { predictedSaving, ratesAt, withT0 } from "../../../core/mod.ts";
import { freezePlan, planFrom } from "../../../core/plan/freeze_plan.ts";
import { withFreezeSteps } from "../../../core/plan/freeze_steps.ts";
import type { PlanConfig } from "../../../core/plan/plan.ts";
import { freezeTimeAt } from "../../../core/schedule/annealing.ts";
import { listedTimes } from "../../../core/schedule/freeze_time.ts";
import { between, planConfig } from "../../arbitraries.ts";
import { right } from "../../right.ts";

/** A plan in which nothing freezes. */
const unfrozenConfig = planConfig.map((config): PlanConfig => ({
  ...config,
  freeze: withT0(config.freeze, 1),
}));

Deno.test("withFreezeSteps() has the phases, stages and saving of the plan by listed times, and the rates of the unfrozen one", () => {
  fc.assert(
    fc.property(unfrozenConfig, between(0, 1), (config, place) => {
      const plan = planFrom(config);
      const { totalSteps, warmupSteps } = plan;
      const count = plan.layers.length;
      const steps = plan.layers.map((_, i) => {
        const part = i === count - 1 ? 1 : place + (1 - place) * i / count;
        const after = Math.ceil(part * (totalSteps - warmupSteps));
        return Math.max(warmupSteps + 1, warmupSteps + after);
      });
      const frozen = withFreezeSteps(plan, steps);
      const times = steps.map(freezeTimeAt(config.rate.warmup, plan));
      const freeze = { ...config.freeze, ...listedTimes(times) };
      const listed = right(freezePlan({ ...config, freeze }));
      deepStrictEqual(frozen.phases, listed.phases);
      deepStrictEqual(
        frozen.stages.map(({ pruneStep }) => pruneStep),
        listed.stages.map(({ pruneStep }) => pruneStep),
      );
      strictEqual(predictedSaving(frozen), predictedSaving(listed));
      const [own, unfrozen] = [ratesAt(frozen), ratesAt(plan)];
      for (let step = 0; step < totalSteps; step += 7) {
        deepStrictEqual(
          own(step).layers,
          unfrozen(step).layers.map((rate, i) => step < steps[i]! ? rate : 0),
        );
      }
    }),
    { numRuns: 40 },
  );
});
