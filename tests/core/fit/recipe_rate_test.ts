import fc from "fast-check";
import { ok, strictEqual } from "node:assert/strict";
import {
  effectiveBatch,
  MODEL_PRESETS,
  recipeRate,
  RECIPES,
} from "../../../core/mod.ts";
import { near } from "./near.ts";

const images = fc.integer({ min: 1, max: 1 << 16 });
const embedDim = fc.integer({ min: 4, max: 4096 });

Deno.test("recipeRate() gives LocalMIM's recipes their rates", () => {
  for (const recipe of [RECIPES.small, RECIPES.paper]) {
    const rate = recipeRate(recipe.model, effectiveBatch(recipe));
    ok(near(rate, recipe.rate.baseRate), `${rate}`);
  }
  strictEqual(recipeRate(MODEL_PRESETS.nano, 32), 0.002);
});

Deno.test("recipeRate() grows with the root of the images of a step", () => {
  fc.assert(fc.property(images, embedDim, (count, width) => {
    const model = { embedDim: width };
    ok(near(recipeRate(model, 4 * count), 2 * recipeRate(model, count)));
  }));
});

Deno.test("recipeRate() falls with the width, a little less than as one over it", () => {
  fc.assert(fc.property(images, embedDim, (count, width) => {
    const ratio = recipeRate({ embedDim: 2 * width }, count) /
      recipeRate({ embedDim: width }, count);
    ok(ratio > 0.5 && ratio < 0.55, `${ratio}`);
  }));
});
