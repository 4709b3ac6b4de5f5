import { ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { wholeRunSaving } from "../../../bench/saving/whole_run.ts";
import { phaseFlops, predictedSaving } from "../../../core/mod.ts";
import { steadyPlan } from "../../arbitraries.ts";

const near = (a: number, b: number): boolean => Math.abs(a - b) < 1e-9;

Deno.test("wholeRunSaving() of operations is what the cost model predicts", () => {
  fc.assert(
    fc.property(steadyPlan, (plan) => {
      const flopsOf = phaseFlops(plan);
      const stepMs = new Map(
        plan.phases.map((phase) => [phase.frozenLayers, flopsOf(phase)]),
      );
      // Some plans begin frozen; the cost model compares with a run that never freezes.
      fc.pre(stepMs.has(0));
      ok(near(wholeRunSaving(plan, stepMs), predictedSaving(plan)));
    }),
  );
});

Deno.test("wholeRunSaving() of equal steps is nothing, and of a phase that was not measured unknown", () => {
  fc.assert(
    fc.property(steadyPlan, (plan) => {
      const equal = new Map(
        [0, ...plan.phases.map(({ frozenLayers }) => frozenLayers)]
          .map((frozen) => [frozen, 7]),
      );
      ok(near(wholeRunSaving(plan, equal), 0));
      const isFrozen = plan.phases.some(({ frozenLayers }) => frozenLayers > 0);
      const unknown = wholeRunSaving(plan, new Map([[0, 7]]));
      strictEqual(Number.isNaN(unknown), isFrozen);
    }),
  );
});
