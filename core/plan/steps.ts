/**
 * From epochs and samples to optimizer steps.
 *
 * @module
 */
import { E, pipe } from "../fp.ts";
import { type Faults, left, type Result } from "../result.ts";
import type { PretrainConfig, TrainingConfig } from "../config/pretrain.ts";
import { decodePretrainConfig } from "../config/config_codec.ts";
import { freezePlan } from "./freeze_plan.ts";
import type { FreezePlan, PlanConfig } from "./plan.ts";

/**
 * Optimizer steps of an epoch; samples that fill no whole step are left out.
 *
 * @param training Batch size and accumulation.
 * @param samples Samples of an epoch.
 * @returns `⌊samples / (batchSize·accumIter)⌋`.
 */
export function stepsPerEpoch(
  { batchSize, accumIter }: Pick<TrainingConfig, "batchSize" | "accumIter">,
  samples: number,
): number {
  return Math.floor(samples / (batchSize * accumIter));
}

const planConfigOf = (
  { model, freeze, rate, training }: PretrainConfig,
  steps: number,
): PlanConfig => ({
  model,
  freeze,
  rate,
  totalSteps: training.epochs * steps,
  warmupSteps: Math.round(training.warmupEpochs * steps),
});

/**
 * Plans a pre-training run on a data set.
 *
 * @param config Everything but the images.
 * @param samples Samples of an epoch.
 * @returns The plan in optimizer steps, or every fault: in the configuration, or
 * fewer samples than one step needs.
 *
 * @example ImageNet in steps of 2048
 * ```ts
 * import { DEFAULT_PRETRAIN_CONFIG, planOf } from "@vitfreeze/vitfreeze/core";
 * import { strictEqual } from "node:assert/strict";
 *
 * const plan = planOf(DEFAULT_PRETRAIN_CONFIG, 1_281_167);
 *
 * strictEqual(plan._tag === "Right" && plan.right.totalSteps, 62_500);
 * ```
 */
export function planOf(
  config: PretrainConfig,
  samples: number,
): Result<Faults, FreezePlan> {
  return pipe(
    decodePretrainConfig(config),
    E.flatMap((checked): Result<Faults, FreezePlan> => {
      const { batchSize, accumIter } = checked.training;
      const steps = stepsPerEpoch(checked.training, samples);
      return Number.isSafeInteger(samples) && steps >= 1
        ? freezePlan(planConfigOf(checked, steps))
        : left([{
          _tag: "OutOfRange",
          path: "samples",
          found: samples,
          wanted: `a whole number of at least ${
            batchSize * accumIter
          } (batchSize · accumIter): an epoch has at least one step`,
        }]);
    }),
  );
}
