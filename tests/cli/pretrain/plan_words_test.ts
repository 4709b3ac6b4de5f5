import { doesNotMatch, match } from "node:assert/strict";
import {
  planOf,
  type PretrainConfig,
  SMALL_RECIPE,
  stepsPerEpoch,
} from "../../../core/mod.ts";
import { describePlan } from "../../../cli/pretrain/plan_words.ts";
import { right } from "../../right.ts";

const config = SMALL_RECIPE;

const described = (samples: number, change: Partial<PretrainConfig> = {}) => {
  const changed = { ...config, ...change };
  return describePlan(right(planOf(changed, samples)), changed, samples);
};

Deno.test("describePlan() names the images that fill no step where they are more than 5 %", () => {
  const step = config.training.batchSize * config.training.accumIter;
  match(
    described(step + step / 2),
    /16 of 48 images \(33 %\) fill no step and are left out/,
  );
  doesNotMatch(described(100 * step), /left out/);
  doesNotMatch(described(100 * step + step - 1), /left out/);
  match(described(2 * step - 1), /31 of 63 images \(49 %\)/);
});

Deno.test("describePlan() counts the steps of an epoch and says on an odd grid what stages predict", () => {
  const steps = stepsPerEpoch(config.training, 8000);
  match(described(8000), new RegExp(`× ${steps} steps, `));
  match(described(8000), /^batch: {2}32 images a step, rate 0.002$/m);
  const stages = config.model.stages.slice(0, 3).map((stage) => ({ ...stage }));
  const model = {
    ...config.model,
    imageSize: 28,
    depth: (stages.at(-1)?.tap ?? 0) + 1,
    stages,
  };
  match(described(8000, { model }), /7 × 7 patches, an odd number/);
});

Deno.test("describePlan() says which features are latent targets from which step on, or that they never act", () => {
  const latent = { taps: [1, 3], every: 4, weight: 0.5 };
  const model = { ...config.model, latent };
  const { layers } = right(planOf({ ...config, model }, 8000));
  const [first, second] = [2, 4].map((layer) => layers[layer]!.freezeStep);
  match(
    described(8000, { model }),
    new RegExp(
      `^latent: features of block 1 from step ${first} on, of block 3 from step ${second} on; one image in 4, weight 0.5$`,
      "m",
    ),
  );
  const freeze = { ...config.freeze, t0: 1 };
  match(
    described(8000, { model, freeze }),
    /^latent: never act: block 1 does not freeze before the end$/m,
  );
  doesNotMatch(described(8000), /latent/);
});
