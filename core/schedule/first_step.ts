/**
 * From a moment between steps to a step.
 *
 * @module
 */

/**
 * First step that is not before a moment.
 *
 * A moment that misses a whole step by no more than rounding is that step:
 * `0.07 · 100` is step 7, not the first step after 7.000000000000001.
 *
 * @param moment A moment `≥ 0` counted in steps.
 * @returns A whole step.
 */
export function firstStepFrom(moment: number): number {
  const nearest = Math.round(moment);
  return Math.abs(moment - nearest) <= 1e-12 * nearest
    ? nearest
    : Math.ceil(moment);
}
