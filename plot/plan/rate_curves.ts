/** Learning rates as points of curves. */
import { rateAt, type RateSchedule } from "../../core/mod.ts";

/** Learning rate at a step. */
export interface RatePoint {
  /** Optimizer step. */
  readonly step: number;
  /** Learning rate at it. */
  readonly rate: number;
}

/** Points of a long curve. */
const POINTS = 240;

/**
 * Points of a schedule's curve, close enough to look smooth, with every corner:
 * the end of the warm-up, a jump there, and where the rate falls to 0.
 *
 * @returns Points from step 0 to the first at which the rate is 0 for good.
 */
export function rateCurve(schedule: RateSchedule): readonly RatePoint[] {
  const { until, warmup: { steps: warmup } } = schedule;
  const even = Array.from(
    { length: POINTS },
    (_, i) => Math.round(i / POINTS * until),
  );
  const corners = [warmup - 1, warmup, until - 1, until];
  const steps = new Set(
    [...even, ...corners].filter((step) => step >= 0 && step <= until),
  );
  const at = rateAt(schedule);
  return [...steps].toSorted((a, b) => a - b)
    .map((step) => ({ step, rate: at(step) }));
}
