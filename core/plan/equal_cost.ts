/**
 * Spending what freezing saves on more epochs.
 *
 * @module
 */
import { E, pipe } from "../fp.ts";
import type { Faults, Result } from "../result.ts";
import { lastWhere } from "./bisection.ts";
import type { PretrainConfig } from "../config/pretrain.ts";
import { phaseFlops, runFlops, unfrozenRunFlops } from "./cost.ts";
import type { FreezePlan } from "./plan.ts";
import { planOf } from "./steps.ts";

const withEpochs = (
  config: PretrainConfig,
  epochs: number,
): PretrainConfig => ({
  ...config,
  training: { ...config.training, epochs },
});

/** Epochs at which even the cheapest phase alone would cost more than the unfrozen run. */
const tooManyEpochs = (plan: FreezePlan, epochs: number): number => {
  const costs = plan.phases.map((phase) => phaseFlops(plan)(phase).total);
  const [first = 1] = costs;
  return Math.floor(epochs * first / Math.min(...costs)) + 2;
};

/**
 * Epochs of a freezing run that cost as much as the configured epochs without
 * freezing (FreezeOut's `const_time`, in whole epochs and by the cost model).
 *
 * Freeze times keep their part of the longer run, the warm-up keeps its epochs.
 *
 * @param config The configuration; its epochs are those of the unfrozen run.
 * @param samples Samples of an epoch.
 * @returns The largest number of epochs, at least the configured one, whose
 * operations do not exceed those of the unfrozen run; or what is wrong with the
 * configuration.
 *
 * @example A hundred unfrozen epochs of ViT-B cost as much as 120 freezing ones
 * ```ts
 * import { DEFAULT_PRETRAIN_CONFIG, epochsForEqualCost } from "@vitfreeze/vitfreeze/core";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * deepStrictEqual(epochsForEqualCost(DEFAULT_PRETRAIN_CONFIG, 1_281_167), {
 *   _tag: "Right",
 *   right: 120,
 * });
 * ```
 */
export function epochsForEqualCost(
  config: PretrainConfig,
  samples: number,
): Result<Faults, number> {
  return pipe(
    planOf(config, samples),
    E.map((plan) => {
      const budget = unfrozenRunFlops(plan);
      const affordable = (epochs: number): boolean =>
        pipe(
          planOf(withEpochs(config, epochs), samples),
          E.match(() => false, (longer) => runFlops(longer) <= budget),
        );
      const { epochs } = config.training;
      return lastWhere(affordable, epochs, tooManyEpochs(plan, epochs));
    }),
  );
}
