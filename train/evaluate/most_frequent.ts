/**
 * The accuracy that nothing has to be learned for.
 *
 * @module
 */

/**
 * Part of the samples that are of the most frequent class: the accuracy of answering
 * that class for everything.
 *
 * @param labels Classes from 0; negative or `null` for none, which no answer finds.
 * @returns In `[0, 1]`; `NaN` without samples.
 *
 * @example
 * ```ts
 * import { mostFrequentShare } from "@vitfreeze/vitfreeze/train";
 * import { strictEqual } from "node:assert/strict";
 *
 * strictEqual(mostFrequentShare([2, 0, 2, 1]), 0.5);
 * ```
 */
export function mostFrequentShare(labels: Iterable<number | null>): number {
  const counts = new Map<number, number>();
  let samples = 0;
  for (const label of labels) {
    samples++;
    if (label === null || label < 0) continue;
    counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  return samples === 0 ? NaN : Math.max(0, ...counts.values()) / samples;
}
