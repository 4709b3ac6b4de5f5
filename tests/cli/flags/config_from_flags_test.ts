import { deepEqual, equal, match, ok } from "node:assert/strict";
import { valueIn } from "../../../cli/flags/configuration.ts";
import { fieldNames } from "../../../cli/flags/field_names.ts";
import type { Flag } from "../../../cli/flags/flags.ts";
import {
  configFromFlags,
  METHOD_FLAGS,
  type MethodValues,
} from "../../../cli/flags/method_flags.ts";
import { parseFlags } from "../../../cli/flags/parse_flags.ts";
import {
  allStages,
  DEFAULT_PRETRAIN_CONFIG as BASE,
  left,
  MODEL_PRESETS,
} from "../../../core/mod.ts";
import { faultsOf, right } from "../../right.ts";

const FLAGS: readonly (readonly [string, Flag<unknown>])[] = Object.entries(
  METHOD_FLAGS,
);

/** Faults as the program says them. */
function namedFaults(values: MethodValues): readonly string[] {
  const { named } = fieldNames(METHOD_FLAGS);
  const config = configFromFlags(BASE, values);
  return faultsOf(config._tag === "Left" ? left(named(config.left)) : config);
}

const configOf = (values: MethodValues) => right(configFromFlags(BASE, values));

Deno.test("configFromFlags() without flags is the base", () => {
  deepEqual(configOf({}), BASE);
});

Deno.test("configFromFlags() with the defaults of the help is the base", () => {
  const args = FLAGS.filter(([, { metavar }]) => metavar !== "").flatMap(
    ([name, flag]) => {
      const value = valueIn(flag, BASE);
      const { show = String } = flag;
      return value === undefined ? [] : [`--${name}`, show(value)];
    },
  );
  ok(args.length > 40);
  deepEqual(configOf(right(parseFlags(METHOD_FLAGS, args))), BASE);
});

Deno.test("a configuration says the value of every flag that has one, but listed freeze times, a curriculum, what latent targets are and the absolute rate", () => {
  deepEqual(
    FLAGS.filter(([, flag]) =>
      flag.metavar !== "" && valueIn(flag, BASE) === undefined
    ).map(([name]) => name),
    ["freeze-times", "latent-taps", "latent-weight", "stage-weights", "lr"],
  );
});

Deno.test("configFromFlags() takes timm's names of models with the sizes in them, unless flags say others", () => {
  const sizes = (values: MethodValues) => {
    const { embedDim, depth, patchSize, imageSize } = configOf(values).model;
    return [embedDim, depth, patchSize, imageSize];
  };
  const name = "vit_base_patch32_384";
  deepEqual(sizes({ "model": name }), [768, 12, 32, 384]);
  deepEqual(sizes({ "model": name, "image-size": 224 }), [768, 12, 32, 224]);
  deepEqual(sizes({ "model": name, "patch-size": 16 }), [768, 12, 16, 384]);
  deepEqual(
    configOf({ "model": "vit_base_patch16_224.augreg_in21k" }),
    configOf({ "model": "vit-b" }),
  );
});

Deno.test("--model names the nearest preset, but never one of another size", () => {
  const wanted = (text: string): string => {
    const parsed = METHOD_FLAGS.model.parse(text);
    return parsed._tag === "Left" ? parsed.left : "";
  };
  match(
    wanted("vti-b"),
    /^one of nano, .*, or timm's name .*; the nearest is vit-b$/,
  );
  match(wanted("vit_giant_patch14_224"), /^a size that has a preset [^;]*$/);
  match(wanted("resnet50"), /^one of [^;]*$/);
});

Deno.test("configFromFlags() takes any grid of patches: 32 pixels at 224, 4 at 28", () => {
  const scales = (values: MethodValues) =>
    configOf(values).model.stages.map(({ scale }) => scale);
  deepEqual(scales({ "patch-size": 32 }), [4, 2, 1, 1]);
  deepEqual(
    scales({ model: "nano", "image-size": 28, "patch-size": 4 }),
    [4, 2, 1, 1],
  );
  deepEqual(scales({ "patch-size": 28 }), [4, 2, 1, 0.5]);
});

Deno.test("configFromFlags() names flags, not fields, also within a sentence", () => {
  deepEqual(namedFaults({ "patch-size": 15 }), [
    "--image-size: found 224, wanted a multiple of 15 (--patch-size)",
  ]);
  deepEqual(namedFaults({ "patch-size": 2 }), [
    "--patch-size: found 2, wanted at least 4, the cells along a patch that stages[0] predicts (scale)",
  ]);
});

Deno.test("configFromFlags() scales the rate with the batch, unless it is absolute", () => {
  const batch = { "batch-size": 64, "accum-iter": 2 } as const;
  equal(configOf(batch).rate.baseRate, 1e-4);
  equal(configOf({ ...batch, blr: 1e-3 }).rate.baseRate, 5e-4);
  equal(configOf({ ...batch, lr: 0.01 }).rate.baseRate, 0.01);
});

Deno.test("configFromFlags() takes a preset and changes it", () => {
  const { model } = configOf({ "model": "vit-s", "mask-ratio": 0.5 });
  deepEqual(model, { ...MODEL_PRESETS["vit-s"], maskRatio: 0.5 });
  const all = configOf({ "all-stages": true }).model.stages;
  deepEqual(all, allStages(12));
});

Deno.test("configFromFlags() has the reference's three rate modes and the power between two of them", () => {
  const modeOf = (values: MethodValues) => configOf(values).rate.mode;
  deepEqual(modeOf({ "lr-mode": "scaled" }), { _tag: "LayerWise", power: 1 });
  deepEqual(modeOf({ "lr-mode": "unscaled" }), { _tag: "LayerWise", power: 0 });
  deepEqual(modeOf({ "lr-mode": "uniform" }), { _tag: "Uniform" });
  deepEqual(modeOf({ "lr-lr": 0.3 }), { _tag: "LayerWise", power: 0.3 });
});

Deno.test("configFromFlags() has the reference's way to treat class token and patch embedding", () => {
  const { freeze } = configOf({
    "class-token": "neverFrozen",
    "dont-freeze-pe": true,
  });
  equal(freeze.classToken, "neverFrozen");
  equal(freeze.freezePatchEmbed, false);
});

Deno.test("configFromFlags() refuses flags that contradict each other", () => {
  deepEqual(
    faultsOf(
      configFromFlags(BASE, {
        "lr": 0.1,
        "blr": 0.1,
        "lr-mode": "uniform",
        "lr-lr": 0.5,
      }),
    ),
    [
      "--lr: found 0.1, wanted either --lr or --blr",
      "--lr-lr: found 0.5, wanted --lr-mode scaled, the only one with a power",
    ],
  );
});

Deno.test("configFromFlags() names faults of the configuration by their flags", () => {
  const faults = namedFaults({ "image-size": 225, "epochs": 5 });
  deepEqual(faults, [
    "--image-size: found 225, wanted a multiple of 16 (--patch-size)",
    "--warmup-epochs: found 10, wanted less than 5 (--epochs)",
  ]);
  ok(faults.every((fault) => fault.startsWith("--")));
});

Deno.test("--freeze-times take the place of a rule, and a rule that of listed times", () => {
  const times = [0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 1];
  const { freeze: listed } = configOf({
    "model": "nano",
    "freeze-times": times,
  });
  deepEqual(listed, { ...BASE.freeze, t0: 0.5, scale: "linear", times });
  const base = { ...BASE, freeze: listed };
  const { freeze } = right(configFromFlags(base, { "how-scale": "cubic" }));
  deepEqual(freeze, { ...BASE.freeze, t0: 0.5, scale: "cubic" });
  const both = configFromFlags(BASE, { "freeze-times": times, "t0": 0.3 });
  deepEqual(both._tag === "Left" && both.left.map(({ path }) => path), [
    "freeze.t0",
  ]);
});
