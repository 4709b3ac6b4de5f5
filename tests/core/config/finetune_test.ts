import { deepStrictEqual } from "node:assert/strict";
import {
  decodeFinetuneConfig,
  FINETUNE_RECIPE,
  type FinetuneConfig,
  MODEL_PRESETS,
} from "../../../core/mod.ts";
import { faultsOf, right } from "../../right.ts";

const CONFIG: FinetuneConfig = {
  ...FINETUNE_RECIPE,
  model: MODEL_PRESETS.nano,
  classes: 10,
};

Deno.test("decodeFinetuneConfig() reads its own JSON", () => {
  const json = JSON.parse(JSON.stringify(CONFIG));
  deepStrictEqual(right(decodeFinetuneConfig(json)), CONFIG);
});

Deno.test("decodeFinetuneConfig() takes an encoder whatever its stages, and no other that cannot be built", () => {
  const stages = [{ tap: 2, scale: 0.5, weight: 1 }] as const;
  const odd = { ...CONFIG.model, imageSize: 28, stages };
  deepStrictEqual(
    right(decodeFinetuneConfig({ ...CONFIG, model: odd })).model,
    odd,
  );
  deepStrictEqual(
    faultsOf(
      decodeFinetuneConfig({ ...CONFIG, model: { ...odd, imageSize: 27 } }),
    ),
    ["model.imageSize: found 27, wanted a multiple of 4 (patchSize)"],
  );
});

Deno.test("decodeFinetuneConfig() names faults of every part at once", () => {
  const { augment, mixing, rate, optimizer } = CONFIG;
  const found = decodeFinetuneConfig({
    ...CONFIG,
    rate: { ...rate, layerDecay: 2 },
    optimizer: { ...optimizer, _tag: "Sgd" },
    augment: {
      cropScale: [0.5, 0.2],
      randAugment: { ...augment.randAugment, magnitude: 11 },
      erasing: { ...augment.erasing, aspect: [0, 1] },
    },
    mixing: { ...mixing, probabilty: 1 },
    emaDecay: 1,
    dropPath: undefined,
  });
  deepStrictEqual(faultsOf(found), [
    "rate.layerDecay: found 2, wanted a number in (0, 1]",
    'optimizer._tag: found "Sgd", wanted "AdamW"',
    "dropPath: found nothing, wanted a number in [0, 1)",
    "augment.cropScale: found [0.5,0.2], wanted 0 < lower ≤ upper ≤ 1",
    "augment.randAugment.magnitude: found 11, wanted a number in [0, 10]",
    "augment.erasing.aspect: found [0,1], wanted 0 < lower ≤ upper, finite",
    'mixing.probabilty: found 1, wanted no such field; the nearest is "probability"',
    "emaDecay: found 1, wanted a number in (0, 1), or null",
  ]);
});
