import { deepStrictEqual } from "node:assert/strict";
import {
  changedConfig,
  type Changes,
  decodePretrainConfig,
  type PretrainConfig,
  RECIPES,
} from "../../../core/mod.ts";
import { right } from "../../right.ts";

const { small, paper } = RECIPES;

const faultsOf = (changes: unknown): readonly string[] => {
  const config = changedConfig(small, changes as Changes<PretrainConfig>);
  return config._tag === "Left" ? config.left.map(({ path }) => path) : [];
};

Deno.test("recipes are configurations, and no change leaves one as it is", () => {
  for (const recipe of Object.values(RECIPES)) {
    deepStrictEqual(right(decodePretrainConfig(recipe)), recipe);
    deepStrictEqual(right(changedConfig(recipe, {})), recipe);
  }
});

Deno.test("a change of one field leaves its neighbours, and a list is given whole", () => {
  const stages = small.model.stages.slice(2);
  const { model, freeze, rate } = right(changedConfig(small, {
    model: { stages },
    freeze: { t0: 0.6 },
    rate: { mode: { _tag: "Uniform" } },
  }));
  deepStrictEqual(model, { ...small.model, stages });
  deepStrictEqual(freeze, { ...small.freeze, t0: 0.6 });
  deepStrictEqual(rate, { ...small.rate, mode: { _tag: "Uniform" } });
});

Deno.test("the rate goes with the images of a step, unless one is said", () => {
  const training = { batchSize: 128, accumIter: 4 };
  const { rate } = right(changedConfig(paper, { training }));
  deepStrictEqual(rate.baseRate, paper.rate.baseRate / 4);
  const said = changedConfig(paper, { training, rate: { baseRate: 0.25 } });
  deepStrictEqual(right(said).rate.baseRate, 0.25);
});

Deno.test("faults in changes have their paths", () => {
  deepStrictEqual(faultsOf({ freeze: { t0: 7 }, training: { epoch: 3 } }), [
    "freeze.t0",
    "training.epoch",
  ]);
  deepStrictEqual(faultsOf({ training: null }), ["training"]);
  deepStrictEqual(faultsOf({ training: { batchSize: 0 } }), [
    "training.batchSize",
  ]);
});
