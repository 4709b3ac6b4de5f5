import { deepEqual, equal } from "node:assert/strict";
import { valueIn } from "../../../cli/flags/configuration.ts";
import {
  configFromFlags,
  METHOD_FLAGS,
  type MethodValues,
} from "../../../cli/flags/method_flags.ts";
import {
  DEFAULT_PRETRAIN_CONFIG as BASE,
  MAE_RECIPE,
  maeModel,
  MODEL_PRESETS,
  type PretrainConfig,
  SMALL_RECIPE,
  withTarget,
} from "../../../core/mod.ts";
import { faultsOf, right } from "../../right.ts";

const configOf = (values: MethodValues, base: PretrainConfig = BASE) =>
  right(configFromFlags(base, values));

const faults = (values: MethodValues, base: PretrainConfig = BASE) =>
  faultsOf(configFromFlags(base, values));

Deno.test("--objective mae is MAE's recipe where nothing else is said, with the freezing of the base", () => {
  deepEqual(configOf({ objective: "mae" }), {
    ...MAE_RECIPE,
    freeze: BASE.freeze,
  });
  deepEqual(configOf({ objective: "mae", t0: 1 }), MAE_RECIPE);
});

Deno.test("--objective mae scales MAE's rate with the batch, and takes the flags beside it", () => {
  const { rate, training } = configOf({
    objective: "mae",
    epochs: 100,
    "warmup-epochs": 5,
    "batch-size": 64,
    "accum-iter": 4,
  });
  equal(rate.baseRate, 1.5e-4);
  deepEqual([training.epochs, training.warmupEpochs], [100, 5]);
});

Deno.test("--objective mae leaves another recipe its rates and its length", () => {
  const { model, ...others } = configOf({ objective: "mae" }, SMALL_RECIPE);
  const { model: _, ...own } = SMALL_RECIPE;
  deepEqual(others, own);
  deepEqual(model, maeModel(MODEL_PRESETS.nano));
});

Deno.test("--objective mae fits its decoder to the model of other flags", () => {
  const { model } = configOf({ objective: "mae", model: "vit-s" });
  deepEqual(model, maeModel(MODEL_PRESETS["vit-s"]));
  const { model: coarse } = configOf({ objective: "mae", "patch-size": 32 });
  deepEqual(coarse, maeModel({ ...MODEL_PRESETS["vit-b"], patchSize: 32 }));
});

Deno.test("--target is of all stages, also of MAE's and of one after every block", () => {
  const stages = (values: MethodValues) => configOf(values).model.stages;
  deepEqual(
    stages({ target: "normalisedPixels" }),
    withTarget(MODEL_PRESETS["vit-b"], "normalisedPixels").stages,
  );
  deepEqual(stages({ objective: "mae", target: "pixels" }), [
    { tap: 11, scale: 1, weight: 1, target: "pixels" },
  ]);
  deepEqual(stages({ objective: "mae", target: "hog" }), [
    { tap: 11, scale: 1, weight: 1 },
  ]);
  deepEqual(
    stages({ "all-stages": true, target: "pixels" }).map(({ scale }) => scale),
    [8, 4, 4, 2, 2, 2, 2, 2, 2, 1, 1, 1],
  );
});

Deno.test("--model keeps objective and target of the configuration, unless flags say others", () => {
  const vitS = MODEL_PRESETS["vit-s"];
  const modelOf = (values: MethodValues, base: PretrainConfig) =>
    configOf({ model: "vit-s", ...values }, base).model;
  deepEqual(modelOf({}, MAE_RECIPE), maeModel(vitS));
  deepEqual(modelOf({ objective: "localMim" }, MAE_RECIPE), vitS);
  const pixels = { ...BASE, model: withTarget(BASE.model, "pixels") };
  deepEqual(modelOf({}, pixels), withTarget(vitS, "pixels"));
  deepEqual(modelOf({ target: "hog" }, pixels), vitS);
  deepEqual(modelOf({}, BASE), vitS);
});

Deno.test("flags of a configuration read objective and target back", () => {
  const read = (config: PretrainConfig) =>
    [METHOD_FLAGS.objective, METHOD_FLAGS.target]
      .map((flag) => valueIn<string>(flag, config));
  deepEqual(read(BASE), ["localMim", "hog"]);
  deepEqual(read(MAE_RECIPE), ["mae", "normalisedPixels"]);
  const again = configOf({ objective: "mae", t0: 1 }, MAE_RECIPE);
  deepEqual(again, MAE_RECIPE);
});

Deno.test("objective, target and stages that contradict each other are named", () => {
  deepEqual(faults({ objective: "mae", "all-stages": true }), [
    "--all-stages: found true, wanted --objective localmim: MAE reconstructs from the last block",
  ]);
  deepEqual(faults({ objective: "mae", "hog-nbins": 9, "sr-lr": 0.8 }), [
    "--hog-nbins: found 9, wanted a stage that predicts histograms, as with --target hog",
    "--sr-lr: found 0.8, wanted several stages, as with --objective localmim: the model has one",
  ]);
  deepEqual(faults({ target: "pixels", "hog-nbins": 9 }), [
    "--hog-nbins: found 9, wanted a stage that predicts histograms, as with --target hog",
  ]);
  deepEqual(faults({ objective: "localMim" }, MAE_RECIPE), [
    `--objective: found "localmim", wanted a --model beside it: the configuration has MAE's stages and decoder`,
  ]);
  deepEqual(
    configOf({ objective: "localMim", model: "vit-b" }, MAE_RECIPE).model,
    MODEL_PRESETS["vit-b"],
  );
  const bins = { objective: "mae", target: "hog", "hog-nbins": 6 } as const;
  equal(configOf(bins).model.hogNbins, 6);
});
