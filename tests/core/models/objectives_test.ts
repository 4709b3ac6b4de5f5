import fc from "fast-check";
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  checkModel,
  localMimStages,
  maeModel,
  MODEL_PRESETS,
  type ModelName,
  objectiveOf,
  parameterSpecs,
  peakRate,
  planOf,
  rateAt,
  RECIPES,
  sizeOf,
  stageLossName,
  stepGraph,
  targetOf,
  trainableParameterNames,
  withTarget,
} from "../../../core/mod.ts";
import { modelSpec } from "../../arbitraries.ts";
import { right } from "../../right.ts";

const NAMES = Object.keys(MODEL_PRESETS) as ModelName[];

Deno.test("maeModel() of ViT-B, ViT-L and ViT-H has the paper's decoder: 8 blocks of width 512", () => {
  for (const name of ["vit-b", "vit-l", "vit-h"] as const) {
    const { decoderEmbedDim, decoderDepth, decoderNumHeads } = maeModel(
      MODEL_PRESETS[name],
    );
    deepStrictEqual([decoderEmbedDim, decoderDepth, decoderNumHeads], [
      512,
      8,
      16,
    ]);
  }
});

Deno.test("maeModel() of ViT-B and ViT-L have as many numbers as MAE's published models", () => {
  // Counted of mae_vit_base_patch16 and mae_vit_large_patch16 without their fixed
  // position tables.
  const published = { "vit-b": 111_655_680, "vit-l": 329_239_296 };
  for (const [name, wanted] of Object.entries(published)) {
    const model = maeModel(MODEL_PRESETS[name as ModelName]);
    const found = parameterSpecs(model)
      .reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    strictEqual(found, wanted, name);
  }
});

Deno.test("maeModel() can be built for every preset and every model with some depth, and predicts normalised pixels behind the last block", () => {
  const presets = NAMES.map((name) => MODEL_PRESETS[name]);
  fc.assert(fc.property(
    fc.oneof(fc.constantFrom(...presets), modelSpec),
    (model) => {
      fc.pre(model.patchSize ** 2 * model.inChannels >= 2);
      const mae = right(checkModel(maeModel(model)));
      strictEqual(objectiveOf(mae), "mae");
      deepStrictEqual(mae.stages.map(({ tap }) => tap), [model.depth - 1]);
      deepStrictEqual(maeModel(mae), mae);
      ok(mae.decoderEmbedDim <= 512 && mae.decoderDepth <= 8);
    },
  ));
});

Deno.test("objectiveOf() the presets is LocalMIM", () => {
  for (const model of Object.values(MODEL_PRESETS)) {
    strictEqual(objectiveOf(model), "localMim");
  }
});

Deno.test("withTarget() of histograms says nothing, as the presets do", () => {
  for (const name of NAMES) {
    const model = MODEL_PRESETS[name];
    deepStrictEqual(withTarget(model, "hog"), model);
  }
});

Deno.test("withTarget() of pixels gives stages that can be built, with no finer cells", () => {
  const target = fc.constantFrom("pixels", "normalisedPixels");
  fc.assert(fc.property(modelSpec, target, (model, target) => {
    fc.pre(model.patchSize ** 2 * model.inChannels >= 2);
    const { stages } = right(checkModel(withTarget(model, target)));
    stages.forEach((stage, k) => {
      strictEqual(targetOf(stage), target);
      ok(stage.scale <= Math.max(1, model.stages[k]!.scale));
    });
  }));
});

Deno.test("withTarget() keeps LocalMIM's cells of ViT-B but those of 2 × 2 patches", () => {
  const { stages } = withTarget(MODEL_PRESETS["vit-b"], "normalisedPixels");
  deepStrictEqual(stages.map(({ scale }) => scale), [4, 2, 1, 1]);
  deepStrictEqual(
    stages.map(({ tap }) => tap),
    localMimStages(12).map(({ tap }) => tap),
  );
});

Deno.test("withTarget() leaves patches of 14 pixels whole ones, and grey ones of 4 two pixels", () => {
  const scales = (name: ModelName) =>
    withTarget(MODEL_PRESETS[name], "normalisedPixels").stages
      .map(({ scale }) => scale);
  deepStrictEqual(scales("vit-h"), [2, 2, 1, 1]);
  deepStrictEqual(scales("nano"), [2, 2, 1, 1]);
  deepStrictEqual(
    withTarget(MODEL_PRESETS.nano, "pixels").stages.map(({ scale }) => scale),
    [4, 2, 1, 1],
  );
});

Deno.test("the head of whole patches of pixels is one layer with MAE's first values", () => {
  const model = maeModel(MODEL_PRESETS.nano);
  const heads = parameterSpecs(model)
    .filter(({ name }) => name.includes(".pred"));
  deepStrictEqual(heads.map(({ name, shape, init }) => [name, shape, init]), [
    ["decoder.0.pred.weight", [16, 48], {
      _tag: "Uniform",
      bound: Math.sqrt(6 / (16 + 48)),
    }],
    ["decoder.0.pred.bias", [16], { _tag: "Zeros" }],
  ]);
});

Deno.test("the recipe of MAE has the rates of its paper: a ramp of 40 epochs, then a cosine to 0 in epoch 800", () => {
  const { mae } = RECIPES;
  const plan = right(planOf(mae, 4096 * 10));
  strictEqual(mae.rate.baseRate, peakRate(1.5e-4, 4096));
  const layer = rateAt(plan.layers[3]!.schedule);
  const published = (epoch: number): number =>
    epoch < 40
      ? 2.4e-3 * epoch / 40
      : 2.4e-3 * 0.5 * (1 + Math.cos(Math.PI * (epoch - 40) / 760));
  for (const epoch of [0, 13, 40, 41, 400, 799]) {
    ok(Math.abs(layer(epoch * 10) - published(epoch)) <= 1e-15, `${epoch}`);
  }
  strictEqual(plan.phases.length, 1);
});

Deno.test("a step of MAE with frozen layers reads all weights and trains the rest", () => {
  const model = maeModel(MODEL_PRESETS.nano);
  const step = {
    model,
    batch: 2,
    samples: 2,
    liveStages: [0],
    isTrainable: (owner: { readonly _tag: string; readonly index?: number }) =>
      owner._tag === "Stage" || (owner.index ?? -1) >= 4,
  };
  const { outputs } = right(stepGraph(step));
  const trained = trainableParameterNames(step);
  ok(trained.every((name) => /^(blocks\.[45]|norm|decoder)\./.test(name)));
  deepStrictEqual(
    Object.keys(outputs).toSorted(),
    ["loss", stageLossName(0), ...trained.map((name) => `gradient/${name}`)]
      .toSorted(),
  );
});
