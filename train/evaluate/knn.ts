/** Weighted k-nearest-neighbour classification. */

import { type Result, right } from "../../core/mod.ts";
import {
  type KnnSearch,
  type Neighbours,
  neighboursOf,
  rowsOf,
} from "./neighbours.ts";
import type { LabelledFeatures } from "../tasks/probe_batches.ts";
import { type TopAccuracies, topAccuracies, topAccuracy } from "./accuracy.ts";
import type { TrainError } from "../train_error.ts";

export type { KnnSearch } from "./neighbours.ts";

/** Options of the vote. */
export interface KnnOptions {
  /** Neighbours, `k ≥ 1`. */
  readonly neighbours: number;
  /** Temperature `T`: a neighbour of cosine similarity `s` weighs `e^(s/T)`. */
  readonly temperature: number;
}

/** The customary vote: 20 neighbours, temperature 0.07. */
export const KNN_VOTE: KnnOptions = { neighbours: 20, temperature: 0.07 };

/** Votes of the first neighbours of each point, `[count, classes]`. */
function votesOf(
  { count, k, labels, similarities }: Neighbours,
  classes: number,
  { neighbours, temperature }: KnnOptions,
): Float64Array {
  const votes = new Float64Array(count * classes);
  for (let i = 0; i < count; i++) {
    for (let place = i * k; place < i * k + Math.min(neighbours, k); place++) {
      const label = labels[place] ?? -1;
      if (label < 0) continue;
      const vote = Math.exp((similarities[place] ?? 0) / temperature);
      const at = i * classes + label;
      votes[at] = (votes[at] ?? 0) + vote;
    }
  }
  return votes;
}

/**
 * Votes of the nearest training points for each class.
 *
 * Features are compared by cosine similarity `s`; each of the `k` nearest gives
 * its class `e^(s/T)`. Of equally near points the earlier is taken; if there are
 * fewer than `k`, all vote; one without a class votes for none.
 *
 * @param test Points to classify, of the same width.
 * @param options `k` and `T`.
 * @param search Options of the search, progress and a signal that stops it.
 * @returns `[test count, classes]`, row-major; or `Stopped`.
 * @see Wu et al., Unsupervised Feature Learning via Non-Parametric Instance Discrimination, 2018, section 3.4.
 */
export async function knnVotes(
  train: LabelledFeatures,
  test: LabelledFeatures,
  classes: number,
  options: KnnOptions,
  search: KnnSearch = {},
): Promise<Result<TrainError, Float64Array>> {
  const found = await neighboursOf(train, test, options.neighbours, search);
  return found._tag === "Left"
    ? found
    : right(votesOf(found.right, classes, options));
}

/**
 * Part of the test points whose class gets the most votes.
 *
 * @param test Points to classify, with their true classes.
 * @param options `k` and `T`; 20 and 0.07 by default.
 * @param search Options of the search, progress and a signal that stops it.
 * @returns Top-1 accuracy in `[0, 1]`, `NaN` without test points; or `Stopped`.
 *
 * @example
 * ```ts
 * import { knnAccuracy, orThrow } from "@vitfreeze/vitfreeze";
 * import { strictEqual } from "node:assert/strict";
 *
 * const train = { features: Float32Array.of(1, 0, 0, 1), width: 2, labels: Int32Array.of(0, 1) };
 * const test = { features: Float32Array.of(0.9, 0.1), width: 2, labels: Int32Array.of(0) };
 * const vote = { neighbours: 1, temperature: 0.07 };
 * strictEqual(orThrow(await knnAccuracy(train, test, 2, vote)), 1);
 * ```
 */
export async function knnAccuracy(
  train: LabelledFeatures,
  test: LabelledFeatures,
  classes: number,
  options: KnnOptions = KNN_VOTE,
  search: KnnSearch = {},
): Promise<Result<TrainError, number>> {
  const votes = await knnVotes(train, test, classes, options, search);
  return votes._tag === "Left"
    ? votes
    : right(topAccuracy(votes.right, test.labels, classes, 1));
}

/** Accuracies for one number of neighbours. */
export interface KnnAccuracy extends TopAccuracies {
  /** Neighbours that voted: as many as were asked for, at most all that there are. */
  readonly neighbours: number;
}

/**
 * Accuracies for several numbers of neighbours, found in one search.
 *
 * @param train Labelled points.
 * @param classes Number of classes.
 * @param temperature `T`.
 * @param search Options of the search, progress and a signal that stops it.
 * @returns One entry for each number, in order, and one for all numbers that are larger
 * than what there is; `NaN` without test points; or `Stopped`.
 * @see Caron et al., Emerging Properties in Self-Supervised Vision Transformers, 2021, appendix F.
 */
export async function knnAccuracies(
  train: LabelledFeatures,
  test: LabelledFeatures,
  classes: number,
  neighbours: readonly number[],
  temperature: number,
  search: KnnSearch = {},
): Promise<Result<TrainError, readonly KnnAccuracy[]>> {
  const most = Math.max(...neighbours);
  const found = await neighboursOf(train, test, most, search);
  if (found._tag === "Left") return found;
  const used = new Set(neighbours.map((k) => Math.min(k, rowsOf(train))));
  return right([...used].map((k) => {
    const options = { neighbours: k, temperature };
    const votes = votesOf(found.right, classes, options);
    return { neighbours: k, ...topAccuracies(votes, test.labels, classes) };
  }));
}
