/**
 * Time that freezing saves over a whole run, from the time of a step in each phase.
 */
import type { FreezePlan } from "../../core/mod.ts";

/** Milliseconds of a step by the number of frozen layers. */
export type StepMs = ReadonlyMap<number, number>;

/**
 * Part of the compute time of a run that freezing saves, against a run whose steps all
 * take as long as those with nothing frozen.
 *
 * @param plan The plan, of stages that keep their weights.
 * @param stepMs Time of a step for every number of frozen layers that the plan has.
 * @returns A part in `[0, 1)`; negative if frozen steps take longer; `NaN` if a phase was not measured.
 */
export function wholeRunSaving(plan: FreezePlan, stepMs: StepMs): number {
  const whole = plan.totalSteps * (stepMs.get(0) ?? NaN);
  const taken = plan.phases.reduce(
    (sum, { from, to, frozenLayers }) =>
      sum + (to - from) * (stepMs.get(frozenLayers) ?? NaN),
    0,
  );
  return 1 - taken / whole;
}
