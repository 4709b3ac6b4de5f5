/**
 * What freezing has saved by now, from the clock.
 *
 * @module
 */
import type { FreezePlan } from "../../../core/mod.ts";
import type { PhaseTime } from "../../saving.ts";

/**
 * Part of the compute time that freezing has saved by now, against steps that all
 * cost what those of the first phase cost.
 *
 * @param plan The plan.
 * @param times Time of a step in each phase that was entered (`phaseTimes`).
 * @param done Steps that are done.
 * @returns In `(−∞, 1)`; `NaN` before the first step or if a phase was not measured.
 *
 * @example A hundred steps at half the price
 * ```ts
 * import { DEFAULT_PRETRAIN_CONFIG, planOf } from "@vitfreeze/vitfreeze/core";
 * import { savingSoFar } from "@vitfreeze/vitfreeze/train";
 * import { strictEqual } from "node:assert/strict";
 *
 * const plan = planOf(DEFAULT_PRETRAIN_CONFIG, 1_281_167);
 * if (plan._tag === "Left") throw new Error("never");
 * const [first] = plan.right.phases;
 * const times = [1, 0.5].map((secondsPerStep, phase) => (
 *   { phase, frozenLayers: phase, secondsPerStep }
 * ));
 *
 * strictEqual(savingSoFar(plan.right, times, first.to), 0);
 * strictEqual(savingSoFar(plan.right, times, first.to + 100).toFixed(9), "0.001557632");
 * ```
 */
export function savingSoFar(
  plan: FreezePlan,
  times: readonly PhaseTime[],
  done: number,
): number {
  const cost = new Map(
    times.map(({ phase, secondsPerStep }) => [phase, secondsPerStep]),
  );
  const spent = plan.phases.reduce((sum, { index, from, to }) => {
    const steps = Math.max(0, Math.min(to, done) - from);
    return steps === 0 ? sum : sum + steps * (cost.get(index) ?? NaN);
  }, 0);
  return 1 - spent / (done * (cost.get(0) ?? NaN));
}
