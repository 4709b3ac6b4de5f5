import fc from "fast-check";
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  DEFAULT_PRETRAIN_CONFIG,
  type FreezePlan,
  freezePlan,
  graphFlops,
  isTrainable,
  layerFlops,
  phaseFlops,
  planOf,
  predictedSaving,
  savedPart,
  stepGraph,
  stretchFlops,
} from "../../../../core/mod.ts";
import { runFlops, unfrozenRunFlops } from "../../../../core/plan/cost/cost.ts";
import {
  between,
  freezePlan as anyPlan,
  planConfig,
} from "../../../arbitraries.ts";
import { right } from "../../../right.ts";
import { analyticFlops, sumFlops, totalFlops } from "../analytic_flops.ts";

Deno.test("phaseFlops() are exactly those of the step's graph, for each sample", () => {
  fc.assert(
    fc.property(anyPlan, fc.integer({ min: 1, max: 3 }), (plan, batch) => {
      for (const phase of plan.phases) {
        const graph = right(stepGraph({
          model: plan.config.model,
          batch,
          samples: batch,
          liveStages: phase.liveStages,
          isTrainable: isTrainable(plan, phase),
        }));
        strictEqual(batch * phaseFlops(plan)(phase), graphFlops(graph));
      }
    }),
    { numRuns: 40 },
  );
});

Deno.test("phaseFlops() are those that formulas give for the products of each part", () => {
  fc.assert(
    fc.property(anyPlan, (plan) => {
      for (const phase of plan.phases) {
        strictEqual(phaseFlops(plan)(phase), analyticFlops(plan)(phase).total);
      }
    }),
    { numRuns: 40 },
  );
});

Deno.test("layerFlops() are those that formulas give before anything freezes", () => {
  fc.assert(fc.property(anyPlan, (plan) => {
    const { layers } = analyticFlops(plan)(plan.phases[0]);
    deepStrictEqual(
      layerFlops(plan),
      layers.map((flops) => ({
        forward: flops.forward,
        total: totalFlops(flops),
      })),
    );
  }));
});

Deno.test("phaseFlops() fall from phase to phase, but never the encoder's forward", () => {
  fc.assert(fc.property(anyPlan, (plan) => {
    const flops = plan.phases.map(phaseFlops(plan));
    const parts = plan.phases.map(analyticFlops(plan));
    flops.slice(1).forEach((now, i) => {
      ok(now < (flops[i] ?? NaN));
      strictEqual(
        sumFlops(parts[i + 1]?.layers ?? []).forward,
        sumFlops(parts[i]?.layers ?? []).forward,
      );
    });
  }));
});

Deno.test("phaseFlops() of a class token that never freezes carry the gradient through every block", () => {
  const { freeze } = DEFAULT_PRETRAIN_CONFIG;
  const planWith = (classToken: "withLayer0" | "neverFrozen"): FreezePlan =>
    right(planOf({
      ...DEFAULT_PRETRAIN_CONFIG,
      freeze: { ...freeze, classToken },
    }, 1_281_167));
  const plan = planWith("neverFrozen");
  const weights = plan.phases.map((phase) =>
    sumFlops(analyticFlops(plan)(phase).layers).backwardWeights
  );
  const stages = plan.phases.map((phase) => {
    const { stages, targets } = analyticFlops(plan)(phase);
    return totalFlops(sumFlops(stages)) + targets;
  });
  const flops = plan.phases.map(phaseFlops(plan));
  // What is left of a phase is the same in all: forward, and activations of every block.
  const rest = flops.map((all, i) =>
    all - (weights[i] ?? NaN) - (stages[i] ?? NaN)
  );
  deepStrictEqual(rest, rest.map(() => rest[0]));
  ok(predictedSaving(plan) < 0.7 * predictedSaving(planWith("withLayer0")));
});

Deno.test("predictedSaving() is a part in [0, 1), and 0 exactly if nothing freezes", () => {
  fc.assert(fc.property(anyPlan, (plan) => {
    const saving = predictedSaving(plan);
    ok(saving >= 0 && saving < 1);
    strictEqual(saving === 0, plan.phases.length === 1);
  }));
});

Deno.test("predictedSaving() is against the same plan with t0 = 1", () => {
  fc.assert(fc.property(planConfig, (config) => {
    const freeze = { ...config.freeze, t0: 1 };
    const plan = right(freezePlan(config));
    const unfrozen = right(freezePlan({ ...config, freeze }));
    strictEqual(runFlops(unfrozen), unfrozenRunFlops(plan));
  }));
});

Deno.test("predictedSaving() does not fall when anything freezes earlier", () => {
  fc.assert(fc.property(planConfig, between(0, 1), (config, part) => {
    const later = config.freeze.t0 + part * (1 - config.freeze.t0);
    const freeze = { ...config.freeze, t0: later };
    const early = predictedSaving(right(freezePlan(config)));
    const late = predictedSaving(right(freezePlan({ ...config, freeze })));
    ok(early >= late);
  }));
});

Deno.test("layerFlops() of ViT-B count a block as 2·50·12·768² products and 4·50²·768 of attention", () => {
  const plan = right(planOf(DEFAULT_PRETRAIN_CONFIG, 1_281_167));
  const weighted = 2 * 50 * 12 * 768 ** 2;
  const attention = 4 * 50 ** 2 * 768;
  deepStrictEqual(layerFlops(plan)[1], {
    forward: weighted + attention,
    total: 3 * weighted + 3 * attention,
  });
});

Deno.test("savedPart() of a run so far is 0 before the first freeze and then rises to that of the whole", () => {
  const plan = right(planOf(DEFAULT_PRETRAIN_CONFIG, 1_281_167));
  const saved = plan.phases.map(({ to }) =>
    savedPart(plan, phaseFlops(plan), to)
  );
  strictEqual(saved[0], 0);
  saved.slice(1).forEach((part, i) => ok(part > (saved[i] ?? NaN)));
  strictEqual(saved.at(-1), predictedSaving(plan));
});

Deno.test("stretchFlops() of the parts of a run add up to those of the whole", () => {
  fc.assert(
    fc.property(anyPlan, between(0, 1), (plan, part) => {
      const cut = Math.floor(part * plan.totalSteps);
      const parts = stretchFlops(plan, 0, cut) +
        stretchFlops(plan, cut, plan.totalSteps);
      const whole = runFlops(plan);
      ok(Math.abs(parts - whole) <= 1e-12 * whole);
      strictEqual(stretchFlops(plan, 0, plan.totalSteps), whole);
    }),
    { numRuns: 40 },
  );
});
