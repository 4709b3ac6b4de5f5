/** Weights of the stages over time: a curriculum. */

/** Weights at a time. */
export interface WeightPoint {
  /** Part of the run, in `[0, 1]`. */
  readonly time: number;
  /** Factor `≥ 0` on the weight of each stage, shallow to deep. */
  readonly weights: readonly number[];
}

/**
 * Weights of the stages over time: linear between points, which rise in time; before the
 * first point and behind the last they stay as they are there.
 */
export type Curriculum = readonly WeightPoint[];

/**
 * Factors on the weights of the stages at a time.
 *
 * @param curriculum Points of at least one time.
 * @returns A function from a part of the run to a factor for each stage.
 *
 * @example The first stage fades out until the middle of the run
 * ```ts
 * import { weightsAt } from "@vitfreeze/vitfreeze";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const weights = weightsAt([
 *   { time: 0, weights: [1, 1] },
 *   { time: 0.5, weights: [0, 1] },
 * ]);
 *
 * deepStrictEqual([0, 0.25, 0.9].map(weights), [[1, 1], [0.5, 1], [0, 1]]);
 * ```
 */
export function weightsAt(
  curriculum: Curriculum,
): (time: number) => readonly number[] {
  return (time) => {
    const before = curriculum.findLast((point) => point.time <= time);
    const after = curriculum.find((point) => point.time > time);
    if (before === undefined) return after?.weights ?? [];
    if (after === undefined) return before.weights;
    const part = (time - before.time) / (after.time - before.time);
    return before.weights.map((weight, k) =>
      weight + part * ((after.weights[k] ?? 0) - weight)
    );
  };
}

/**
 * Time from which a stage has no weight any more.
 *
 * @returns A part of the run, 0 if it never has any, or `null` if it has to the end.
 */
export function weightlessFrom(
  curriculum: Curriculum,
  stage: number,
): number | null {
  const last = curriculum.findLastIndex(({ weights }) =>
    (weights[stage] ?? 0) > 0
  );
  if (last < 0) return 0;
  return curriculum[last + 1]?.time ?? null;
}
