import fc from "fast-check";
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  DEFAULT_PRETRAIN_CONFIG,
  type FreezePlan,
  freezePlan,
  graphFlops,
  isTrainable,
  phaseFlops,
  planOf,
  predictedSaving,
  runFlops,
  stepGraph,
  sumFlops,
  totalFlops,
  unfrozenRunFlops,
} from "../../../core/mod.ts";
import {
  between,
  freezePlan as anyPlan,
  planConfig,
} from "../../arbitraries.ts";
import { right } from "../../right.ts";

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
        strictEqual(batch * phaseFlops(plan)(phase).total, graphFlops(graph));
      }
    }),
    { numRuns: 40 },
  );
});

Deno.test("phaseFlops() fall from phase to phase, but never the encoder's forward", () => {
  fc.assert(fc.property(anyPlan, (plan) => {
    const flops = plan.phases.map(phaseFlops(plan));
    flops.slice(1).forEach((now, i) => {
      const before = flops[i];
      ok(before !== undefined && now.total < before.total);
      strictEqual(
        sumFlops(now.layers).forward,
        sumFlops(before.layers).forward,
      );
    });
  }));
});

Deno.test("phaseFlops() total is the sum of its parts", () => {
  fc.assert(fc.property(anyPlan, (plan) => {
    for (const phase of plan.phases) {
      const { layers, stages, targets, total } = phaseFlops(plan)(phase);
      const parts = [...layers, ...stages].map(totalFlops);
      strictEqual(total, parts.reduce((sum, part) => sum + part, targets));
    }
  }));
});

Deno.test("phaseFlops() spend nothing on the gradients of the frozen prefix and on pruned stages", () => {
  fc.assert(fc.property(anyPlan, (plan) => {
    const { freeze } = plan.config;
    const stops = freeze.freezePatchEmbed && freeze.classToken === "withLayer0";
    for (const phase of plan.phases) {
      const { layers, stages } = phaseFlops(plan)(phase);
      const frozen = sumFlops(layers.slice(0, phase.frozenLayers));
      if (freeze.freezePatchEmbed) strictEqual(frozen.backwardWeights, 0);
      if (stops) strictEqual(frozen.backwardActivations, 0);
      stages.forEach((stage, index) =>
        strictEqual(totalFlops(stage) > 0, phase.liveStages.includes(index))
      );
    }
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
  const block = phaseFlops(plan)(plan.phases[0]).layers[1];
  for (const phase of plan.phases) {
    const { layers } = phaseFlops(plan)(phase);
    layers.slice(1).forEach(({ backwardActivations }) =>
      strictEqual(backwardActivations, block?.backwardActivations)
    );
  }
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

Deno.test("phaseFlops() of ViT-B count a block as 2·50·12·768² products and 4·50²·768 of attention", () => {
  const plan = right(planOf(DEFAULT_PRETRAIN_CONFIG, 1_281_167));
  const weighted = 2 * 50 * 12 * 768 ** 2;
  const attention = 4 * 50 ** 2 * 768;
  deepStrictEqual(phaseFlops(plan)(plan.phases[0]).layers[1], {
    forward: weighted + attention,
    backwardWeights: weighted,
    backwardActivations: weighted + 2 * attention,
  });
});
