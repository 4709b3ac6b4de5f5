/** Learning rates of a plan. */
import type { LearningRate } from "../brand.ts";
import { rateAt } from "../schedule/rate_schedule.ts";
import type { FreezePlan } from "./plan.ts";

/** Learning rates at one step. */
export interface StepRates {
  /** Rate of each layer, shallow to deep; 0 if it is frozen. */
  readonly layers: readonly LearningRate[];
  /** Rate of parameters that never freeze. */
  readonly unfrozen: LearningRate;
}

/**
 * Learning rates of all layers at a step.
 *
 * @param plan The plan.
 * @returns A function from an optimizer step to the rates.
 *
 * @example At the end of the warm-up every layer has its own initial rate
 * ```ts
 * import { DEFAULT_PRETRAIN_CONFIG, planOf, ratesAt } from "@vitfreeze/vitfreeze";
 * import { strictEqual } from "node:assert/strict";
 *
 * const plan = planOf(DEFAULT_PRETRAIN_CONFIG, 1_281_167);
 * if (plan._tag === "Left") throw new Error("unreachable");
 * const { layers, unfrozen } = ratesAt(plan.right)(plan.right.warmupSteps);
 *
 * strictEqual(unfrozen, 1.6e-3);
 * strictEqual(layers[0]?.toFixed(6), (1.6e-3 / 0.512).toFixed(6));
 * strictEqual(layers[12], 1.6e-3);
 * ```
 */
export function ratesAt(
  plan: Pick<FreezePlan<unknown>, "layers" | "unfrozen">,
): (step: number) => StepRates {
  const layers = plan.layers.map(({ schedule }) => rateAt(schedule));
  const unfrozen = rateAt(plan.unfrozen);
  return (step) => ({
    layers: layers.map((rate) => rate(step)),
    unfrozen: unfrozen(step),
  });
}
