import fc from "fast-check";
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  DEFAULT_PRETRAIN_CONFIG,
  freezePlan,
  MODEL_PRESETS,
  phaseAt,
} from "../../../core/mod.ts";
import type { PlanConfig } from "../../../core/plan/plan.ts";
import { weightlessFrom } from "../../../core/schedule/curriculum.ts";
import {
  between,
  freezePlan as anyPlan,
  planConfig,
} from "../../arbitraries.ts";
import { faultsOf, right } from "../../right.ts";

const vitB: PlanConfig = {
  model: MODEL_PRESETS["vit-b"],
  freeze: DEFAULT_PRETRAIN_CONFIG.freeze,
  rate: DEFAULT_PRETRAIN_CONFIG.rate,
  totalSteps: 10_000,
  warmupSteps: 1_000,
};

Deno.test("freezePlan() accepts every configuration without faults and keeps it", () => {
  fc.assert(fc.property(planConfig, (config) => {
    const plan = right(freezePlan(config));
    deepStrictEqual(plan.config, config);
    strictEqual(plan.totalSteps, config.totalSteps);
  }));
});

Deno.test("freezePlan() has a layer for each block, and one for the patch embedding if it freezes", () => {
  fc.assert(fc.property(anyPlan, ({ config: { model, freeze }, layers }) => {
    const blocks = Array.from({ length: model.depth }, (_, i) => `block ${i}`);
    deepStrictEqual(
      layers.map(({ name }) => name),
      freeze.freezePatchEmbed ? ["patch_embed", ...blocks] : blocks,
    );
  }));
});

Deno.test("freezePlan() freezes deeper layers later, all after the warm-up, the last never", () => {
  fc.assert(fc.property(anyPlan, ({ layers, totalSteps, warmupSteps }) => {
    const steps = layers.map(({ freezeStep }) => freezeStep);
    strictEqual(steps.at(-1), totalSteps);
    ok(steps.every((step) => step > warmupSteps && step <= totalSteps));
    deepStrictEqual(steps, steps.toSorted((a, b) => a - b));
  }));
});

Deno.test("freezePlan() has phases that tile the run", () => {
  fc.assert(fc.property(anyPlan, ({ phases, totalSteps }) => {
    deepStrictEqual(
      phases.map(({ from }) => from),
      [0, ...phases.slice(0, -1).map(({ to }) => to)],
    );
    strictEqual(phases.at(-1)?.to, totalSteps);
    ok(phases.every(({ from, to }) => from < to));
    deepStrictEqual(phases.map(({ index }) => index), [...phases.keys()]);
  }));
});

Deno.test("freezePlan() freezes a growing prefix and prunes stages that tap it or have no weight any more", () => {
  fc.assert(fc.property(anyPlan, ({ phases, layers, stages, config }) => {
    const { curriculum, totalSteps } = config;
    const hasWeight = (stage: number, step: number): boolean => {
      const end = curriculum && weightlessFrom(curriculum, stage);
      return end === undefined || end === null || step < end * totalSteps;
    };
    strictEqual(phases[0].frozenLayers, 0);
    phases.forEach((phase, i) => {
      const { frozenLayers, from, trainableLayers, liveStages } = phase;
      const before = phases[i - 1];
      ok(before === undefined || frozenLayers >= before.frozenLayers);
      ok(
        before === undefined || frozenLayers > before.frozenLayers ||
          liveStages.length < before.liveStages.length,
      );
      const frozen = layers.filter(({ freezeStep }) => freezeStep <= from);
      deepStrictEqual(
        frozen.map(({ index }) => index),
        [...Array(frozenLayers).keys()],
      );
      deepStrictEqual(
        trainableLayers,
        [...layers.keys()].slice(frozenLayers),
      );
      deepStrictEqual(
        liveStages,
        stages.filter(({ layer, index }) =>
          layer >= frozenLayers && hasWeight(index, from)
        )
          .map(({ index }) => index),
      );
      ok(liveStages.length > 0);
    });
  }));
});

Deno.test("freezePlan() puts a layer into the first stage that taps it or deeper", () => {
  fc.assert(fc.property(anyPlan, ({ layers, stages }) => {
    for (const { index, stage } of layers) {
      ok(index <= (stages[stage]?.layer ?? NaN));
      ok(stage === 0 || index > (stages[stage - 1]?.layer ?? NaN));
    }
  }));
});

Deno.test("freezePlan() with t0 = 1 has one phase in which everything trains", () => {
  fc.assert(fc.property(planConfig, (config) => {
    const freeze = { ...config.freeze, t0: 1 };
    const { phases, layers, stages } = right(
      freezePlan({ ...config, freeze }),
    );
    strictEqual(phases.length, 1);
    strictEqual(phases[0].trainableLayers.length, layers.length);
    strictEqual(phases[0].liveStages.length, stages.length);
  }));
});

Deno.test("phaseAt() gives the phase that contains the step", () => {
  fc.assert(fc.property(anyPlan, (plan) => {
    const at = phaseAt(plan);
    for (let step = 0; step < plan.totalSteps; step++) {
      const { from, to } = at(step);
      ok(from <= step && step < to);
    }
    strictEqual(at(plan.totalSteps), plan.phases.at(-1));
  }));
});

Deno.test("freezePlan() prunes the stages of ViT-B when layers 2, 4 and 10 freeze", () => {
  const { stages, layers } = right(freezePlan(vitB));
  deepStrictEqual(stages.map(({ layer }) => layer), [2, 4, 10, 12]);
  deepStrictEqual(
    stages.map(({ pruneStep }) => pruneStep),
    [2, 4, 10, 12].map((layer) => layers[layer]?.freezeStep),
  );
});

Deno.test("freezePlan() without a patch embedding layer taps one layer earlier", () => {
  const freeze = { ...vitB.freeze, freezePatchEmbed: false };
  const { stages, layers } = right(freezePlan({ ...vitB, freeze }));
  deepStrictEqual(stages.map(({ layer }) => layer), [1, 3, 9, 11]);
  strictEqual(layers.length, 12);
});

Deno.test("freezePlan() names all faults: fields first, then what fields contradict", () => {
  const freeze = { ...vitB.freeze, t0: 1.5 };
  const model = { ...vitB.model, depth: 0 };
  deepStrictEqual(
    faultsOf(freezePlan({ ...vitB, model, freeze, totalSteps: NaN })),
    [
      "model.depth: found 0, wanted a whole number in [1, 512]",
      "freeze.t0: found 1.5, wanted a number in (0, 1]",
      "totalSteps: found NaN, wanted a whole number of at least 1",
    ],
  );
});

Deno.test("freezePlan() refuses a first layer that would freeze during a warm-up of mode figure", () => {
  const freeze = { ...vitB.freeze, t0: 0.4 };
  deepStrictEqual(faultsOf(freezePlan({ ...vitB, freeze })), [
    "freeze.t0: found 0.4, wanted at least 0.4642: the first layer would freeze " +
    "at 0.4³ = 0.064 of the run, at step 640 of 10000, and the warm-up lasts until step 1000",
  ]);
  const rate = { ...vitB.rate, warmup: "shared" as const };
  right(freezePlan({ ...vitB, freeze, rate }));
});

Deno.test("freezePlan() names the smallest t0 that can be: with it there is a plan, a ten thousandth below there is none", () => {
  const named = ({ freeze, ...config }: PlanConfig, t0: number) =>
    freezePlan({ ...config, freeze: { ...freeze, t0 } });
  const isMet = { early: 0 };
  fc.assert(
    fc.property(planConfig, between(1e-6, 1), (config, t0) => {
      const plan = named(config, t0);
      if (plan._tag === "Right") return;
      isMet.early++;
      const [{ path, wanted }] = plan.left;
      strictEqual(path, "freeze.t0");
      const least = Number(/^at least ([\d.]+):/.exec(wanted)?.[1]);
      right(named(config, least));
      const below = Math.round(10_000 * least) - 1;
      ok(below === 0 || named(config, below / 10_000)._tag === "Left", wanted);
    }),
    { numRuns: 300 },
  );
  ok(isMet.early > 20, `${isMet.early}`);
});

Deno.test("freezePlan() refuses a first layer that would freeze at the last step of the warm-up, not one that trains one step more", () => {
  const planAt = (t0: number) =>
    freezePlan({
      ...vitB,
      freeze: { ...vitB.freeze, t0, scale: "linear" },
      totalSteps: 100,
      warmupSteps: 7,
    });
  strictEqual(planAt(0.07)._tag, "Left");
  strictEqual(right(planAt(0.08)).layers[0]?.freezeStep, 8);
});

Deno.test("freezePlan() refuses a warm-up as long as the run", () => {
  deepStrictEqual(faultsOf(freezePlan({ ...vitB, warmupSteps: 10_000 })), [
    "warmupSteps: found 10000, wanted less than 10000 (totalSteps)",
  ]);
});

Deno.test("freezePlan() refuses initial rates beyond float64", () => {
  const rate = {
    ...vitB.rate,
    mode: { _tag: "LayerWise", power: 2000 } as const,
  };
  deepStrictEqual(faultsOf(freezePlan({ ...vitB, rate })), [
    "rate.mode.power: found 2000, wanted a power that keeps " +
    "0.0016 / 0.5120000000000001^power finite",
  ]);
});
