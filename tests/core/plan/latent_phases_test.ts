import fc from "fast-check";
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import {
  decodePretrainConfig,
  DEFAULT_PRETRAIN_CONFIG,
  encodePlan,
  type FreezePlan,
  graphFlops,
  isTrainable,
  latentTapAt,
  type LatentTargets,
  phaseFlops,
  phaseMemory,
  planOf,
  predictedSaving,
  type PretrainConfig,
  stepGraph,
  t0ForSaving,
  withT0,
} from "../../../core/mod.ts";
import { decodePlan } from "../../../core/plan/plan_json.ts";
import { planFrom } from "../../../core/plan/freeze_plan.ts";
import { withHead } from "../../../core/models/model_codec.ts";
import { savingLine } from "../../../cli/output/plan_table.ts";
import { between, freezePlan } from "../../arbitraries.ts";
import { right } from "../../right.ts";

/** Plans of models with two blocks or more, and what a model with latent targets makes of each. */
const plans: fc.Arbitrary<readonly [FreezePlan, FreezePlan]> = freezePlan
  .filter(({ config: { model } }) => model.depth > 1)
  .chain((plan) =>
    fc.record({
      taps: fc.subarray(
        Array.from({ length: plan.config.model.depth - 1 }, (_, tap) => tap),
        { minLength: 1 },
      ),
      every: fc.integer({ min: 1, max: 3 }),
      weight: fc.constant(2),
    }, { noNullPrototype: true }).map((latent) => {
      const model = { ...plan.config.model, latent };
      return [plan, planFrom({ ...plan.config, model })] as const;
    })
  );

Deno.test("latentTapAt() is the deepest tap among the frozen blocks", () => {
  fc.assert(fc.property(plans, ([plan, latent]) => {
    for (const phase of latent.phases) {
      const frozen = latent.layers.slice(0, phase.frozenLayers)
        .flatMap(({ name }) =>
          name.startsWith("block ") ? [Number(name.slice(6))] : []
        );
      const taps = latent.config.model.latent!.taps
        .filter((tap) => frozen.includes(tap));
      strictEqual(latentTapAt(latent)(phase), taps.at(-1) ?? null);
      strictEqual(latentTapAt(plan)(phase), null);
    }
  }));
});

Deno.test("latent targets move no phase, and plans with them survive JSON", () => {
  fc.assert(fc.property(plans, ([plan, latent]) => {
    deepStrictEqual(latent.phases, plan.phases);
    const text = JSON.stringify(encodePlan(latent));
    deepStrictEqual(right(decodePlan(JSON.parse(text))), latent);
  }));
});

Deno.test("phaseFlops() with latent targets are those of the graph of whole groups, and more only where they act", () => {
  fc.assert(
    fc.property(plans, ([plan, latent]) => {
      const { model } = latent.config;
      const { every } = model.latent!;
      latent.phases.forEach((phase, i) => {
        const latentTap = latentTapAt(latent)(phase);
        const graph = right(stepGraph({
          ...{ model, batch: 2 * every, samples: 2 * every, latentTap },
          liveStages: phase.liveStages,
          isTrainable: isTrainable(latent, phase),
        }));
        const flops = phaseFlops(latent)(phase);
        const plain = phaseFlops(plan)(plan.phases[i]!);
        const counted = graphFlops(graph) / (2 * every);
        ok(Math.abs(flops - counted) <= 1e-12 * counted);
        if (latentTap === null) strictEqual(flops, plain);
        else ok(flops > plain);
      });
      ok(predictedSaving(latent) <= predictedSaving(plan));
    }),
    { numRuns: 15 },
  );
});

/** ViT-B's plan with latent targets. */
const vitB = (latent: LatentTargets): FreezePlan => {
  const model = { ...DEFAULT_PRETRAIN_CONFIG.model, latent };
  return right(planOf({ ...DEFAULT_PRETRAIN_CONFIG, model }, 1_281_167));
};

Deno.test("phaseFlops() of ViT-B count two whole blocks on 197 tokens for one image in four, and the layer that predicts", () => {
  const { config, phases } = vitB({ taps: [1], every: 4, weight: 1 });
  const { latent: _, ...model } = config.model;
  const [with4, without] = [config, { ...config, model }].map(planFrom);
  const phase = phases.findIndex(({ frozenLayers }) => frozenLayers === 3);
  const block = 2 * 197 * 12 * 768 ** 2 + 4 * 197 ** 2 * 768;
  const embedding = 2 * 196 * 768 ** 2;
  // Forward pass, and gradients of its weights and of its tokens.
  const layer = 3 * 2 * 196 * 256 * 768;
  const [more, less] = [with4, without].map((plan) =>
    phaseFlops(plan!)(plan!.phases[phase]!)
  );
  strictEqual(more! - less!, (2 * block + embedding + layer) / 4);
});

Deno.test("latent targets are cheaper for fewer images and for shallower taps", () => {
  const saving = (taps: readonly number[], every: number): number =>
    predictedSaving(vitB({ taps, every, weight: 1 }));
  ok(saving([1, 3, 9], 4) < saving([1, 3, 9], 8));
  ok(saving([1, 3, 9], 4) < saving([1, 3], 4));
  ok(saving([1, 3, 9], 1) < saving([1, 3, 9], 2));
});

Deno.test("t0ForSaving() gives a t0 that saves what is wanted also where latent targets take a part of it", () => {
  fc.assert(
    fc.property(plans, between(0, 0.2), ([, { config }], wanted) => {
      const t0 = t0ForSaving(config, wanted);
      if (t0._tag === "Left") {
        strictEqual(t0.left[0].path, "saving");
        return;
      }
      const freeze = withT0(config.freeze, t0.right);
      ok(predictedSaving(planFrom({ ...config, freeze })) >= wanted);
    }),
    { numRuns: 20 },
  );
});

Deno.test("latent targets that take more than freezing saves are said so, and no saving but 0 is planned with them", () => {
  const plan = vitB({ taps: [1, 3, 9], every: 1, weight: 1 });
  ok(predictedSaving(plan) < 0);
  match(savingLine(plan), /^Costs 3\.3 % more floating-point operations/);
  strictEqual(right(t0ForSaving(plan.config, 0)), 1);
  const some = t0ForSaving(plan.config, 0.01);
  ok(some._tag === "Left");
  match(some.left[0].wanted, /^at most 0,/);
});

Deno.test("phaseMemory() of a sample with latent targets takes no less, and the layer from the start", () => {
  const { optimizer } = DEFAULT_PRETRAIN_CONFIG;
  fc.assert(
    fc.property(plans, ([plan, latent]) => {
      latent.phases.forEach((phase, i) => {
        const own = right(phaseMemory(latent, optimizer)(phase));
        const plain = right(phaseMemory(plan, optimizer)(plan.phases[i]!));
        ok(own.activations >= plain.activations);
        const { embedDim, decoderEmbedDim } = plan.config.model;
        const layer = 4 * embedDim * (decoderEmbedDim + 1);
        strictEqual(own.parameters - plain.parameters, layer);
        strictEqual(own.optimizer - plain.optimizer, 2 * layer);
      });
    }),
    { numRuns: 15 },
  );
});

Deno.test("a head stands on a model without latent targets", () => {
  const { model } = vitB({ taps: [1], every: 4, weight: 1 }).config;
  strictEqual(withHead(model).latent, undefined);
});

Deno.test("decodePretrainConfig() refuses latent targets that cannot be, and names what is wrong", () => {
  const faultsOf = (
    latent: Partial<LatentTargets>,
    batchSize = 256,
  ): readonly string[] => {
    const { model, training } = DEFAULT_PRETRAIN_CONFIG;
    const whole = { taps: [1, 3], every: 4, weight: 1, ...latent };
    const config: PretrainConfig = {
      ...DEFAULT_PRETRAIN_CONFIG,
      model: { ...model, latent: whole },
      training: { ...training, batchSize },
    };
    const decoded = decodePretrainConfig(config);
    return decoded._tag === "Left" ? decoded.left.map(({ path }) => path) : [];
  };
  deepStrictEqual(faultsOf({}), []);
  deepStrictEqual(faultsOf({ taps: [] }), ["model.latent.taps"]);
  deepStrictEqual(faultsOf({ taps: [3, 1] }), ["model.latent.taps[1]"]);
  deepStrictEqual(faultsOf({ taps: [1, 1] }), ["model.latent.taps[1]"]);
  deepStrictEqual(faultsOf({ taps: [11] }), ["model.latent.taps[0]"]);
  deepStrictEqual(faultsOf({ taps: [-1] }), ["model.latent.taps[0]"]);
  deepStrictEqual(faultsOf({ every: 0 }), ["model.latent.every"]);
  deepStrictEqual(faultsOf({ weight: 0 }), ["model.latent.weight"]);
  deepStrictEqual(faultsOf({ weight: NaN }), ["model.latent.weight"]);
  deepStrictEqual(faultsOf({ every: 4 }, 50), ["model.latent.every"]);
  deepStrictEqual(faultsOf({ every: 512 }), ["model.latent.every"]);
});
