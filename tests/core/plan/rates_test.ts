import fc from "fast-check";
import { ok, strictEqual } from "node:assert/strict";
import {
  type FreezePlan,
  freezePlan,
  rateAt,
  ratesAt,
} from "../../../core/mod.ts";
import type { PlanConfig } from "../../../core/plan/plan.ts";
import { freezePlan as anyPlan, planConfig } from "../../arbitraries.ts";
import { right } from "../../right.ts";

const near = (a: number, b: number, tolerance: number): void =>
  ok(Math.abs(a - b) <= tolerance, `${a} vs ${b}`);

const replan = (
  config: PlanConfig,
  rate: Partial<PlanConfig["rate"]>,
  t0 = config.freeze.t0,
): FreezePlan =>
  right(freezePlan({
    ...config,
    rate: { ...config.rate, ...rate },
    freeze: { ...config.freeze, t0 },
  }));

const steps = (plan: FreezePlan): number[] => [
  ...Array(plan.totalSteps).keys(),
];

/** What an optimizer adds up over the run. */
const sumOfRates = (plan: FreezePlan, layer: number): number =>
  steps(plan).map((step) => ratesAt(plan)(step).layers[layer] ?? NaN)
    .reduce<number>((total, rate) => total + rate, 0);

Deno.test("ratesAt() is 0 from a layer's freeze step on", () => {
  fc.assert(fc.property(anyPlan, (plan) => {
    for (const step of steps(plan)) {
      const { layers } = ratesAt(plan)(step);
      plan.layers.forEach(({ freezeStep }, i) =>
        ok(step < freezeStep || layers[i] === 0)
      );
    }
  }));
});

Deno.test("ratesAt() never rises after the warm-up", () => {
  fc.assert(fc.property(anyPlan, (plan) => {
    const after = steps(plan).slice(plan.warmupSteps).map(ratesAt(plan));
    after.slice(1).forEach((rates, i) =>
      rates.layers.forEach((rate, layer) =>
        ok(rate <= (after[i]?.layers[layer] ?? NaN) * (1 + 1e-12))
      )
    );
  }));
});

Deno.test("ratesAt() is linear in the base rate", () => {
  fc.assert(fc.property(planConfig, (config) => {
    const { baseRate, endRate } = config.rate;
    const double = { baseRate: 2 * baseRate, endRate: 2 * endRate };
    const [one, two] = [replan(config, {}), replan(config, double)];
    for (const step of steps(one)) {
      ratesAt(one)(step).layers.forEach((rate, layer) =>
        strictEqual(ratesAt(two)(step).layers[layer], 2 * rate)
      );
    }
  }));
});

Deno.test("ratesAt() with power 0 and no stage factor starts all layers equal", () => {
  fc.assert(fc.property(planConfig, (config) => {
    const mode = { _tag: "LayerWise", power: 0 } as const;
    const plan = replan(config, { mode, stagePower: 0 });
    const { layers } = ratesAt(plan)(plan.warmupSteps);
    layers.forEach((rate) => strictEqual(rate, config.rate.baseRate));
  }));
});

Deno.test("ratesAt() with t0 = 1 is one cosine for all layers, whatever the power", () => {
  fc.assert(fc.property(planConfig, (config) => {
    const plan = replan(config, { stagePower: 0, endRate: 0 }, 1);
    for (const step of steps(plan)) {
      const { layers, unfrozen } = ratesAt(plan)(step);
      layers.forEach((rate) => near(rate, unfrozen, 1e-15));
    }
  }));
});

Deno.test("ratesAt() in mode Uniform is the common cosine times the stage factor while a layer trains", () => {
  fc.assert(fc.property(planConfig, (config) => {
    const plan = replan(config, {
      mode: { _tag: "Uniform" },
      stagePower: 0,
    });
    for (const step of steps(plan)) {
      const { layers, unfrozen } = ratesAt(plan)(step);
      plan.layers.forEach(({ freezeStep }, i) =>
        strictEqual(layers[i], step < freezeStep ? unfrozen : 0)
      );
    }
  }));
});

Deno.test("ratesAt() with stage factors is that without, times the factor, once warm", () => {
  fc.assert(fc.property(planConfig, (config) => {
    const power = config.rate.stagePower;
    const [off, on] = [replan(config, { stagePower: 0 }), replan(config, {})];
    for (const step of steps(off).slice(off.warmupSteps)) {
      on.layers.forEach(({ index, stage }) => {
        const factor = (1 / (on.stages.length - stage)) ** power;
        const plain = ratesAt(off)(step).layers[index] ?? NaN;
        near(ratesAt(on)(step).layers[index] ?? NaN, factor * plain, 1e-12);
      });
    }
  }));
});

Deno.test("ratesAt() of mode figure ramps to each layer's own rate, of mode code to the common one", () => {
  fc.assert(fc.property(planConfig, (config) => {
    const figure = replan({ ...config, freeze: { ...config.freeze, t0: 1 } }, {
      warmup: "perLayer",
    });
    const code = replan(figure.config, { warmup: "shared" });
    const step = Math.floor(config.warmupSteps / 2);
    const part = config.warmupSteps === 0 ? NaN : step / config.warmupSteps;
    if (Number.isNaN(part)) return;
    figure.layers.forEach(({ index, schedule }) => {
      const own = part * schedule.initialRate;
      near(ratesAt(figure)(step).layers[index] ?? NaN, own, 1e-12);
      const common = part * config.rate.baseRate;
      near(ratesAt(code)(step).layers[index] ?? NaN, common, 1e-12);
    });
  }));
});

/** A scaled plan whose layers all freeze at whole steps. */
const evenPlan = (
  warmup: "perLayer" | "shared",
  config: PlanConfig,
  warmupSteps: number,
): FreezePlan => {
  const parts = config.model.depth;
  const span = 4 * Math.max(1, warmupSteps) * parts;
  return right(freezePlan({
    ...config,
    freeze: {
      ...config.freeze,
      t0: 0.5,
      scale: "linear",
      freezePatchEmbed: true,
    },
    rate: {
      ...config.rate,
      mode: { _tag: "LayerWise", power: 1 },
      stagePower: 0,
      warmup,
    },
    totalSteps: warmup === "perLayer" ? span : span + warmupSteps,
    warmupSteps,
  }));
};

Deno.test("ratesAt() of mode figure, scaled, sums to exactly α·T/2 in every layer, with any warm-up", () => {
  const warmup = fc.integer({ min: 1, max: 12 });
  fc.assert(
    fc.property(planConfig, warmup, (config, warmupSteps) => {
      const plan = evenPlan("perLayer", config, warmupSteps);
      const area = config.rate.baseRate * plan.totalSteps / 2;
      for (const { index } of plan.layers) {
        near(sumOfRates(plan, index), area, 1e-9 * area);
      }
    }),
    { numRuns: 30 },
  );
});

Deno.test("ratesAt() of mode code, scaled, sums to α·(T − 1)/2 + α/(2·t_i): a little more in early layers", () => {
  const warmup = fc.integer({ min: 1, max: 12 });
  fc.assert(
    fc.property(planConfig, warmup, (config, warmupSteps) => {
      const plan = evenPlan("shared", config, warmupSteps);
      const { baseRate } = config.rate;
      for (const { index, freezeTime } of plan.layers) {
        const area = baseRate * (plan.totalSteps - 1 + 1 / freezeTime) / 2;
        near(sumOfRates(plan, index), area, 1e-9 * area);
      }
    }),
    { numRuns: 30 },
  );
});

Deno.test("ratesAt() gives what never freezes the unfrozen rate", () => {
  fc.assert(fc.property(anyPlan, fc.nat(300), (plan, step) => {
    strictEqual(ratesAt(plan)(step).unfrozen, rateAt(plan.unfrozen)(step));
  }));
});
