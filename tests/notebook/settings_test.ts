import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { MODEL_PRESETS, RECIPES } from "../../core/mod.ts";
import { configOf, recipe, type Settings } from "../../notebook/settings.ts";
import { faultsOf } from "../right.ts";

/** Settings as they come from somebody who has not read their types. */
const typed = (json: string): Settings => JSON.parse(json);

Deno.test("recipe() takes short names and parts of the configuration, and keeps all else", () => {
  const config = recipe("nano", {
    ...{ epochs: 3, t0: 0.6 },
    freeze: { scale: "linear" },
    clipGrad: 1,
  });
  const { small } = RECIPES;
  deepStrictEqual(config, {
    ...small,
    freeze: { ...small.freeze, t0: 0.6, scale: "linear" },
    training: { ...small.training, epochs: 3 },
    clipGrad: 1,
  });
});

Deno.test("recipe() gives each model by its name, recipes by theirs, and changes a configuration", () => {
  deepStrictEqual(recipe("nano"), RECIPES.small);
  deepStrictEqual(recipe("paper"), RECIPES.paper);
  deepStrictEqual(recipe("vit-s").model, MODEL_PRESETS["vit-s"]);
  strictEqual(recipe(recipe("nano"), { seed: 7 }).training.seed, 7);
});

Deno.test("recipe() raises the rate with the images of a step, unless it is given", () => {
  const { baseRate } = RECIPES.small.rate;
  strictEqual(recipe("nano", { batchSize: 64 }).rate.baseRate, 2 * baseRate);
  const given = recipe("nano", { batchSize: 64, rate: { baseRate: 0.01 } });
  strictEqual(given.rate.baseRate, 0.01);
});

Deno.test("configOf() names unknown settings with the nearest one, and those that are given twice", () => {
  const settings = typed(
    '{ "epoch": 3, "t0": 0.5, "freeze": { "t0": 0.6 }, "bathcSize": 4 }',
  );
  deepStrictEqual(faultsOf(configOf("nano", settings)), [
    "epoch: found 3, wanted no such setting; the nearest is epochs",
    "t0: found 0.5, wanted t0 or freeze.t0, one of both",
    "bathcSize: found 4, wanted no such setting; the nearest is batchSize",
  ]);
});

Deno.test("configOf() names what is wrong by its place in the configuration", () => {
  deepStrictEqual(faultsOf(configOf("nano", { epochs: 0, t0: 2 })), [
    "freeze.t0: found 2, wanted a number in (0, 1]",
    "training.epochs: found 0, wanted a whole number of at least 1",
  ]);
});

Deno.test("recipe() throws the text of what is wrong with a name", () => {
  throws(
    () => recipe(JSON.parse('"nanno"')),
    /model: found "nanno", wanted one of nano, .*nearest is nano/,
  );
  throws(() => recipe(JSON.parse('"constructor"')), /wanted one of/);
});
