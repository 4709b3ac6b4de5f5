import fc from "fast-check";
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  DEFAULT_PRETRAIN_CONFIG,
  epochsForEqualCost,
  freezePlan,
  planOf,
  predictedSaving,
  type PretrainConfig,
  t0ForSaving,
} from "../../../core/mod.ts";
import type { PlanConfig } from "../../../core/plan/plan.ts";
import { runFlops, unfrozenRunFlops } from "../../../core/plan/cost/cost.ts";
import { lastWhere } from "../../../core/plan/search.ts";
import { between, planConfig, pretrainConfig } from "../../arbitraries.ts";
import { faultsOf, right } from "../../right.ts";

const savingOf = (config: PlanConfig, t0: number): number =>
  predictedSaving(
    right(freezePlan({ ...config, freeze: { ...config.freeze, t0 } })),
  );

Deno.test("t0ForSaving() gives a t0 that saves what is wanted, and no larger one does", () => {
  fc.assert(
    fc.property(planConfig, between(0, 0.3), (config, wanted) => {
      const t0 = t0ForSaving(config, wanted);
      if (t0._tag === "Left") {
        strictEqual(t0.left[0].path, "saving");
        return;
      }
      ok(savingOf(config, t0.right) >= wanted);
      const larger = t0.right + 1e-9;
      ok(larger > 1 || savingOf(config, larger) < wanted);
    }),
    { numRuns: 40 },
  );
});

Deno.test("t0ForSaving() finds back the saving of a plan", () => {
  fc.assert(
    fc.property(planConfig, (config) => {
      const saving = savingOf(config, config.freeze.t0);
      const t0 = right(t0ForSaving(config, saving));
      strictEqual(savingOf(config, t0), saving);
    }),
    { numRuns: 40 },
  );
});

Deno.test("t0ForSaving() does not look at the t0 that it replaces", () => {
  fc.assert(
    fc.property(planConfig, between(0.01, 1), (config, t0) => {
      const freeze = { ...config.freeze, t0 };
      deepStrictEqual(
        t0ForSaving({ ...config, freeze }, 0.05),
        t0ForSaving(config, 0.05),
      );
    }),
    { numRuns: 20 },
  );
});

const vitB: PlanConfig = {
  model: DEFAULT_PRETRAIN_CONFIG.model,
  freeze: DEFAULT_PRETRAIN_CONFIG.freeze,
  rate: DEFAULT_PRETRAIN_CONFIG.rate,
  totalSteps: 62_500,
  warmupSteps: 6_250,
};

Deno.test("t0ForSaving() of 0 is 1: freeze nothing", () => {
  strictEqual(right(t0ForSaving(vitB, 0)), 1);
});

Deno.test("t0ForSaving() names the most that can be saved", () => {
  const [fault, ...others] = faultsOf(t0ForSaving(vitB, 0.6));
  strictEqual(others.length, 0);
  const most = /^saving: found 0.6, wanted at most (0\.\d+), /.exec(
    fault ?? "",
  );
  const limit = Number(most?.[1]);
  ok(limit > 0.3 && limit < 0.6);
  right(t0ForSaving(vitB, limit));
  faultsOf(t0ForSaving(vitB, limit + 1e-6));
});

Deno.test("t0ForSaving() names impossible savings and faults of the plan together", () => {
  deepStrictEqual(faultsOf(t0ForSaving({ ...vitB, totalSteps: 0 }, -1)), [
    "totalSteps: found 0, wanted a whole number of at least 1",
    "saving: found -1, wanted a number in [0, 1)",
  ]);
});

const withEpochs = (
  config: PretrainConfig,
  epochs: number,
): PretrainConfig => ({
  ...config,
  training: { ...config.training, epochs },
});

Deno.test("epochsForEqualCost() costs no more than the unfrozen run, and one epoch more would", () => {
  fc.assert(
    fc.property(pretrainConfig, between(0.3, 1), (drawn, t0) => {
      const config = {
        ...drawn,
        freeze: { ...drawn.freeze, t0 },
        rate: { ...drawn.rate, warmup: "shared" as const },
      };
      const { batchSize, accumIter } = config.training;
      const samples = 50 * batchSize * accumIter;
      const epochs = right(epochsForEqualCost(config, samples));
      const budget = unfrozenRunFlops(right(planOf(config, samples)));
      const cost = (n: number): number =>
        runFlops(right(planOf(withEpochs(config, n), samples)));
      ok(epochs >= config.training.epochs);
      ok(cost(epochs) <= budget);
      ok(cost(epochs + 1) > budget);
    }),
    { numRuns: 40 },
  );
});

Deno.test("epochsForEqualCost() without freezing are the epochs themselves", () => {
  const freeze = { ...DEFAULT_PRETRAIN_CONFIG.freeze, t0: 1 };
  const config = { ...DEFAULT_PRETRAIN_CONFIG, freeze };
  strictEqual(right(epochsForEqualCost(config, 1_281_167)), 100);
});

Deno.test("lastWhere() finds where a condition ends", () => {
  const range = fc.tuple(
    fc.integer({ min: 0, max: 1e9 }),
    fc.nat(1e6),
    fc.nat(),
  );
  fc.assert(fc.property(range, ([low, width, seed]) => {
    const end = low + seed % (width + 1);
    strictEqual(lastWhere((n) => n <= end, low, low + width + 1), end);
  }));
});
