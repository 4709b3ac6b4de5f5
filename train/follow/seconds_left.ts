/**
 * How long a run will still take.
 *
 * @module
 */
import { type FreezePlan, phaseAt, phaseFlops } from "../../core/mod.ts";

/**
 * Seconds that the steps still to come will take, when the speed of now holds and
 * later phases cost what the cost model says.
 *
 * @param plan The plan.
 * @returns A function from the steps that are done and the present seconds of a
 * step, images included, to seconds; 0 after the last step.
 *
 * @example Without freezing it is a product
 * ```ts
 * import { DEFAULT_PRETRAIN_CONFIG, planOf } from "@vitfreeze/vitfreeze/core";
 * import { secondsLeft } from "@vitfreeze/vitfreeze/train";
 * import { strictEqual } from "node:assert/strict";
 *
 * const freeze = { ...DEFAULT_PRETRAIN_CONFIG.freeze, t0: 1 };
 * const plan = planOf({ ...DEFAULT_PRETRAIN_CONFIG, freeze }, 2048 * 10);
 * if (plan._tag === "Left") throw new Error("never");
 *
 * strictEqual(secondsLeft(plan.right)(400, 0.5), (plan.right.totalSteps - 400) / 2);
 * ```
 */
export function secondsLeft(
  plan: FreezePlan,
): (done: number, secondsPerStep: number) => number {
  const phaseOf = phaseAt(plan);
  const cost = plan.phases.map(phaseFlops(plan));
  return (done, secondsPerStep) => {
    const present = cost[phaseOf(Math.max(0, done - 1)).index] ?? NaN;
    return plan.phases.reduce((sum, { index, from, to }) => {
      const steps = Math.max(0, to - Math.max(from, done));
      return sum + steps * secondsPerStep * (cost[index] ?? NaN) / present;
    }, 0);
  };
}
