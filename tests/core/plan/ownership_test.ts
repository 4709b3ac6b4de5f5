import fc from "fast-check";
import { ok, strictEqual } from "node:assert/strict";
import {
  isTrainable,
  layerOfOwner,
  parameterSpecs,
} from "../../../core/mod.ts";
import { freezePlan } from "../../arbitraries.ts";

Deno.test("layerOfOwner() puts every parameter into exactly one layer, or none only if the plan says so", () => {
  fc.assert(fc.property(freezePlan, (plan) => {
    const { freeze, model } = plan.config;
    const exempt = [
      ...(freeze.classToken === "neverFrozen" ? ["ClassToken"] : []),
      ...(freeze.freezePatchEmbed ? [] : ["PatchEmbed"]),
    ];
    const used = new Set<number>();
    for (const { owner } of parameterSpecs(model)) {
      const layer = layerOfOwner(plan)(owner);
      strictEqual(layer === null, exempt.includes(owner._tag));
      if (layer !== null) used.add(layer);
    }
    strictEqual(used.size, plan.layers.length);
    ok([...used].every((layer) => plan.layers[layer]?.index === layer));
  }));
});

Deno.test("layerOfOwner() lets norm and decoder of a stage go with the block that it taps", () => {
  fc.assert(fc.property(freezePlan, (plan) => {
    const layerOf = layerOfOwner(plan);
    plan.config.model.stages.forEach(({ tap }, index) =>
      strictEqual(
        layerOf({ _tag: "Stage", index }),
        layerOf({ _tag: "Block", index: tap }),
      )
    );
  }));
});

Deno.test("isTrainable() once false stays false, and is true at first but for stages that never have weight", () => {
  fc.assert(fc.property(freezePlan, (plan) => {
    for (const { owner } of parameterSpecs(plan.config.model)) {
      const trains = plan.phases.map((phase) =>
        isTrainable(plan, phase)(owner)
      );
      trains.slice(1).forEach((now, i) => ok(!now || trains[i]));
      const pruneStep = owner._tag === "Stage"
        ? plan.stages[owner.index]?.pruneStep
        : undefined;
      strictEqual(trains[0], pruneStep !== 0);
    }
  }));
});

Deno.test("isTrainable() agrees with the live stages of a phase", () => {
  fc.assert(fc.property(freezePlan, (plan) => {
    for (const phase of plan.phases) {
      for (const { index } of plan.stages) {
        strictEqual(
          isTrainable(plan, phase)({ _tag: "Stage", index }),
          phase.liveStages.includes(index),
        );
      }
    }
  }));
});
