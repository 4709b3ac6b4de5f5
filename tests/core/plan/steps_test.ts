import fc from "fast-check";
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import {
  DEFAULT_PRETRAIN_CONFIG,
  planOf,
  type PretrainConfig,
  stepsPerEpoch,
} from "../../../core/mod.ts";
import { pretrainConfig } from "../../arbitraries.ts";
import { faultsOf, right } from "../../right.ts";

const withTraining = (
  training: Partial<PretrainConfig["training"]>,
): PretrainConfig => ({
  ...DEFAULT_PRETRAIN_CONFIG,
  training: { ...DEFAULT_PRETRAIN_CONFIG.training, ...training },
});

Deno.test("planOf() counts optimizer steps and drops samples that fill none", () => {
  fc.assert(
    fc.property(
      pretrainConfig,
      fc.integer({ min: 50, max: 500 }),
      (config, steps) => {
        const { batchSize, accumIter, epochs, warmupEpochs } = config.training;
        const perStep = batchSize * accumIter;
        const plan = right(planOf(config, steps * perStep + perStep - 1));
        strictEqual(plan.totalSteps, epochs * steps);
        strictEqual(plan.warmupSteps, Math.round(warmupEpochs * steps));
      },
    ),
  );
});

Deno.test("planOf() depends on batch size and accumulation only by their product", () => {
  deepStrictEqual(
    right(planOf(withTraining({ batchSize: 64, accumIter: 32 }), 200_000)),
    right(planOf(withTraining({ batchSize: 2048, accumIter: 1 }), 200_000)),
  );
});

Deno.test("stepsPerEpoch() of ImageNet with 256 samples is the reference's 5004", () => {
  strictEqual(stepsPerEpoch({ batchSize: 256, accumIter: 1 }, 1_281_167), 5004);
});

Deno.test("planOf() refuses a data set without a whole step", () => {
  for (const samples of [0, 2047, NaN, -5, Infinity]) {
    deepStrictEqual(faultsOf(planOf(DEFAULT_PRETRAIN_CONFIG, samples)), [
      `samples: found ${samples}, wanted a whole number of at least 2048 ` +
      "(batchSize · accumIter): an epoch has at least one step",
    ]);
  }
});

Deno.test("planOf() passes the faults of the configuration on", () => {
  deepStrictEqual(faultsOf(planOf(withTraining({ epochs: 0 }), 10_000)), [
    "training.epochs: found 0, wanted a whole number of at least 1",
  ]);
});
