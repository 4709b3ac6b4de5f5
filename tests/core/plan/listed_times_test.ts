import fc from "fast-check";
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import {
  changedConfig,
  describeFreezeTimes,
  listedTimes,
  planOf,
  type PretrainConfig,
  RECIPES,
} from "../../../core/mod.ts";
import { freezePlan, planFrom } from "../../../core/plan/freeze_plan.ts";
import { layerCount } from "../../../core/plan/layers.ts";
import type { FreezePlan } from "../../../core/plan/plan.ts";
import { t0ForSaving } from "../../../core/plan/search.ts";
import { freezeTimes } from "../../../core/schedule/freeze_time.ts";
import { listedPlanConfig, planConfig } from "../../arbitraries.ts";
import { right } from "../../right.ts";

const withTimes = (
  config: PretrainConfig,
  times: readonly number[],
): PretrainConfig => ({
  ...config,
  freeze: { ...config.freeze, ...listedTimes(times) },
});

const faultsOf = (times: readonly number[]): unknown => {
  const plan = planOf(withTimes(RECIPES.small, times), 8000);
  return plan._tag === "Right" ? [] : plan.left.map(({ path, found }) => [
    path,
    found,
  ]);
};

const withoutConfig = ({ config: _, ...plan }: FreezePlan): unknown => plan;

Deno.test("the times of a rule, listed, give the plan of the rule", () => {
  fc.assert(fc.property(planConfig, (config) => {
    const times = freezeTimes(config.freeze, layerCount(config));
    const freeze = { ...config.freeze, ...listedTimes(times) };
    deepStrictEqual(
      withoutConfig(right(freezePlan({ ...config, freeze }))),
      withoutConfig(planFrom(config)),
    );
  }));
});

Deno.test("layers freeze at their listed times, and the last never does", () => {
  fc.assert(fc.property(listedPlanConfig, (config) => {
    const { layers, totalSteps } = right(freezePlan(config));
    deepStrictEqual(
      layers.map(({ freezeTime }) => freezeTime),
      config.freeze.times,
    );
    strictEqual(layers.at(-1)?.freezeStep, totalSteps);
  }));
});

Deno.test("listed times that fall, end early, or are too many or few are faults", () => {
  deepStrictEqual(faultsOf([0.5, 0.6, 0.6, 0.7, 0.8, 0.9, 1]), []);
  deepStrictEqual(faultsOf([0.5, 0.4, 0.6, 0.7, 0.8, 0.9, 1]), [
    ["freeze.times[1]", 0.4],
  ]);
  deepStrictEqual(faultsOf([0.5, 0.6, 0.6, 0.7, 0.8, 0.9, 0.95]), [
    ["freeze.times[6]", 0.95],
  ]);
  deepStrictEqual(faultsOf([0.5, 0.6, 1]), [["freeze.times", 3]]);
  deepStrictEqual(faultsOf([0.5, NaN, 1.5]), [
    ["freeze.times[1]", NaN],
    ["freeze.times[2]", 1.5],
  ]);
});

Deno.test("listed times during the warm-up are a fault with their place", () => {
  const { training } = RECIPES.small;
  const long = { ...RECIPES.small, training: { ...training, warmupEpochs: 6 } };
  const plan = planOf(withTimes(long, [0.4, 0.6, 0.6, 0.7, 0.8, 0.9, 1]), 8000);
  deepStrictEqual(plan._tag === "Left" && plan.left.map(({ path }) => path), [
    "freeze.times[0]",
  ]);
});

Deno.test("a rule beside a list must be that of the list, and a change brings it along", () => {
  const times = [0.5, 0.6, 0.6, 0.7, 0.8, 0.9, 1];
  const { freeze } = right(changedConfig(RECIPES.small, { freeze: { times } }));
  deepStrictEqual(freeze, { ...RECIPES.small.freeze, ...listedTimes(times) });
  const both = changedConfig(RECIPES.small, { freeze: { times, t0: 0.9 } });
  deepStrictEqual(both._tag === "Left" && both.left.map(({ path }) => path), [
    "freeze.t0",
  ]);
});

Deno.test("t0ForSaving() and the words know lists", () => {
  const config = right(
    planOf(withTimes(RECIPES.small, [0.5, 0.6, 0.6, 0.7, 0.8, 0.9, 1]), 8000),
  ).config;
  const ruled = { ...config, freeze: { ...RECIPES.small.freeze } };
  const linear = { ...ruled.freeze, scale: "linear" } as const;
  strictEqual(
    right(t0ForSaving(config, 0.1)),
    right(t0ForSaving({ ...ruled, freeze: linear }, 0.1)),
  );
  strictEqual(
    describeFreezeTimes(config.freeze),
    "freeze times 0.5, 0.6, 0.6, 0.7, 0.8, 0.9, 1",
  );
  strictEqual(describeFreezeTimes(ruled.freeze), "cubic t0 0.8");
});
