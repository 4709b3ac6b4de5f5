/** Planning backwards: from a saving to freeze times, and from a budget to epochs. */
import { decode, numberIn } from "../codec/codec.ts";
import type { PretrainConfig } from "../config/pretrain.ts";
import { allOf, E, pipe } from "../fp.ts";
import { type Faults, left, type Result } from "../result.ts";
import { withT0 } from "../schedule/freeze_time.ts";
import {
  phaseFlops,
  predictedSaving,
  runFlops,
  unfrozenRunFlops,
} from "./cost/cost.ts";
import { freezePlan, planFrom, planOf } from "./freeze_plan.ts";
import { leastT0 } from "./freeze_schedule.ts";
import type { FreezePlan, PlanConfig } from "./plan.ts";

/**
 * Last whole number at which something holds that holds up to some point and not
 * beyond it.
 *
 * @param holds A condition, true at `low`, false at `high`, changing once between.
 * @returns The last whole number of `[low, high)` at which `holds`.
 */
export function lastWhere(
  holds: (n: number) => boolean,
  low: number,
  high: number,
): number {
  let [last, beyond] = [low, high];
  while (beyond - last > 1) {
    const middle = Math.floor((last + beyond) / 2);
    if (holds(middle)) last = middle;
    else beyond = middle;
  }
  return last;
}

const freezingFrom = (config: PlanConfig, t0: number): PlanConfig => ({
  ...config,
  freeze: withT0(config.freeze, t0),
});

/** Parts into which the admissible values of `t0` are cut for the search. */
const PARTS = 2 ** 40;

/** Just above the least admissible `t0`. */
const NEAR = 1e-9;

const decodeSaving = decode(
  numberIn("a number in [0, 1)", (saving) => saving >= 0 && saving < 1),
);

const checkSaving = (saving: number): Result<Faults, number> =>
  pipe(
    decodeSaving(saving),
    E.mapLeft(([fault]): Faults => [{ ...fault, path: "saving" }]),
  );

const search = (config: PlanConfig, saving: number): Result<Faults, number> => {
  const least = Math.min(1, leastT0(config) + NEAR);
  const savingAt = (t0: number): number =>
    predictedSaving(planFrom(freezingFrom(config, t0)));
  const t0At = (part: number): number =>
    part === PARTS ? 1 : least + (1 - least) * part / PARTS;
  // Latent targets may cost more than freezing saves; without freezing nothing is lost.
  const largest = Math.max(0, savingAt(least));
  if (saving > largest) {
    return left([{
      _tag: "OutOfRange",
      path: "saving",
      found: saving,
      wanted: `at most ${largest}, the most that this plan can save`,
    }]);
  }
  const holds = (part: number): boolean => savingAt(t0At(part)) >= saving;
  return E.right(t0At(holds(PARTS) ? PARTS : lastWhere(holds, 0, PARTS)));
};

/**
 * The latest first freeze that saves a wanted part of the operations.
 *
 * @param config A plan's configuration; its own `t0` and listed times do not matter.
 * @param saving Part of the operations to save, in `[0, 1)`, against the same
 * plan with `t0 = 1`.
 * @returns The largest `t0` (before scaling) whose predicted saving is at least
 * `saving`; or the faults of the configuration, or that so much cannot be saved,
 * with the most that can. Where latent targets let savings fall with earlier freezing,
 * what is found saves so much, but may not be the largest.
 *
 * @example How early must ViT-B begin to freeze to save a fifth?
 * ```ts
 * import { DEFAULT_PRETRAIN_CONFIG, t0ForSaving } from "@vitfreeze/vitfreeze";
 * import { strictEqual } from "node:assert/strict";
 *
 * const { model, freeze, rate } = DEFAULT_PRETRAIN_CONFIG;
 * const config = { model, freeze, rate, totalSteps: 62_500, warmupSteps: 6_250 };
 * const t0 = t0ForSaving(config, 0.2);
 *
 * strictEqual(t0._tag === "Right" && t0.right.toFixed(3), "0.763");
 * ```
 */
export function t0ForSaving(
  config: PlanConfig,
  saving: number,
): Result<Faults, number> {
  const checked: Result<Faults, unknown> = allOf({
    plan: freezePlan(freezingFrom(config, 1)),
    saving: checkSaving(saving),
  });
  return pipe(
    checked,
    E.flatMap(() => search(config, saving)),
    E.flatMap((t0) =>
      pipe(freezePlan(freezingFrom(config, t0)), E.map(() => t0))
    ),
  );
}

const withEpochs = (
  config: PretrainConfig,
  epochs: number,
): PretrainConfig => ({ ...config, training: { ...config.training, epochs } });

/** Epochs at which even the cheapest phase alone would cost more than the unfrozen run. */
const tooManyEpochs = (plan: FreezePlan, epochs: number): number => {
  const costs = plan.phases.map(phaseFlops(plan));
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
 * import { DEFAULT_PRETRAIN_CONFIG, epochsForEqualCost } from "@vitfreeze/vitfreeze";
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
