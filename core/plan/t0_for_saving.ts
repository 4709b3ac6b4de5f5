/**
 * Planning backwards: from a saving to freeze times.
 *
 * @module
 */
import { decode, numberIn } from "../codec/codec.ts";
import { allOf, E, pipe } from "../fp.ts";
import { type Faults, left, type Result } from "../result.ts";
import { lastWhere } from "./bisection.ts";
import { predictedSaving } from "./cost.ts";
import { freezePlan, planFrom } from "./freeze_plan.ts";
import type { PlanConfig } from "./plan.ts";
import { leastT0 } from "./plan_codec.ts";

const withT0 = (config: PlanConfig, t0: number): PlanConfig => ({
  ...config,
  freeze: { ...config.freeze, t0 },
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
    predictedSaving(planFrom(withT0(config, t0)));
  const t0At = (part: number): number =>
    part === PARTS ? 1 : least + (1 - least) * part / PARTS;
  const largest = savingAt(least);
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
 * @param config A plan's configuration; its own `t0` does not matter.
 * @param saving Part of the operations to save, in `[0, 1)`, against the same
 * plan with `t0 = 1`.
 * @returns The largest `t0` (before scaling) whose predicted saving is at least
 * `saving`; or the faults of the configuration, or that so much cannot be saved,
 * with the most that can.
 *
 * @example How early must ViT-B begin to freeze to save a fifth?
 * ```ts
 * import { DEFAULT_PRETRAIN_CONFIG, t0ForSaving } from "@vitfreeze/vitfreeze/core";
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
    plan: freezePlan(withT0(config, 1)),
    saving: checkSaving(saving),
  });
  return pipe(
    checked,
    E.flatMap(() => search(config, saving)),
    E.flatMap((t0) => pipe(freezePlan(withT0(config, t0)), E.map(() => t0))),
  );
}
