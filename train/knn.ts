/**
 * Weighted k-nearest-neighbour classification.
 *
 * @module
 */

import { topAccuracy } from "./top_accuracy.ts";

/** Labelled points. */
export interface LabelledFeatures {
  /** `[count, width]`, row-major. */
  readonly features: Float32Array;
  /** Width of a feature. */
  readonly width: number;
  /** Class of each row, from 0; −1 for none. */
  readonly labels: Int32Array;
}

/** How neighbours vote. */
export interface KnnOptions {
  /** Neighbours, `k ≥ 1`. */
  readonly neighbours: number;
  /** Temperature `T`: a neighbour of cosine similarity `s` weighs `e^(s/T)`. */
  readonly temperature: number;
}

/** Rows brought to length 1; a row of zeros stays. */
function unitRows({ features, width }: LabelledFeatures): Float32Array {
  const out = Float32Array.from(features);
  for (let start = 0; start < out.length; start += width) {
    const row = out.subarray(start, start + width);
    const length = Math.sqrt(row.reduce((sum, v) => sum + v * v, 0));
    if (length > 0) row.forEach((v, i) => row[i] = v / length);
  }
  return out;
}

/** Cosine similarities of one unit row to all rows of `units`. */
function similarities(row: Float32Array, units: Float32Array): Float32Array {
  const width = row.length;
  const out = new Float32Array(units.length / width);
  for (let j = 0; j < out.length; j++) {
    let sum = 0;
    for (let d = 0; d < width; d++) {
      sum += (row[d] ?? NaN) * (units[j * width + d] ?? NaN);
    }
    out[j] = sum;
  }
  return out;
}

/** Indices of the `k` largest values, largest first; equal ones in order. */
function largest(values: Float32Array, k: number): number[] {
  const top: number[] = [];
  const worst = (): number => values[top.at(-1) ?? 0] ?? -Infinity;
  values.forEach((value, i) => {
    if (top.length === k && value <= worst()) return;
    const place = top.findIndex((other) => (values[other] ?? 0) < value);
    top.splice(place < 0 ? top.length : place, 0, i);
    if (top.length > k) top.pop();
  });
  return top;
}

/** The nearest labelled points of each point, nearest first. */
interface Neighbours {
  /** Points that were asked for. */
  readonly count: number;
  /** Neighbours of each. */
  readonly k: number;
  /** Their classes, `[count, k]`; −1 for none. */
  readonly labels: Int32Array;
  /** Their cosine similarities, `[count, k]`. */
  readonly similarities: Float32Array;
}

/** Of equally near points the earlier comes first; if there are fewer than `most`, all are neighbours. */
function neighboursOf(
  train: LabelledFeatures,
  test: LabelledFeatures,
  most: number,
): Neighbours {
  const [known, asked] = [unitRows(train), unitRows(test)];
  const [count, k] = [
    asked.length / test.width,
    Math.min(most, known.length / train.width),
  ];
  const labels = new Int32Array(count * k);
  const near = new Float32Array(count * k);
  for (let i = 0; i < count; i++) {
    const row = asked.subarray(i * test.width, (i + 1) * test.width);
    const all = similarities(row, known);
    largest(all, k).forEach((j, place) => {
      labels[i * k + place] = train.labels[j] ?? -1;
      near[i * k + place] = all[j] ?? 0;
    });
  }
  return { count, k, labels, similarities: near };
}

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
 * @param train Labelled points.
 * @param test Points to classify, of the same width.
 * @param classes Number of classes.
 * @param options `k` and `T`.
 * @returns `[test count, classes]`, row-major.
 * @see Wu et al., Unsupervised Feature Learning via Non-Parametric Instance Discrimination, 2018, section 3.4.
 */
export function knnVotes(
  train: LabelledFeatures,
  test: LabelledFeatures,
  classes: number,
  options: KnnOptions,
): Float64Array {
  const neighbours = neighboursOf(train, test, options.neighbours);
  return votesOf(neighbours, classes, options);
}

/**
 * Part of the test points whose class gets the most votes.
 *
 * @param train Labelled points.
 * @param test Points to classify, with their true classes.
 * @param classes Number of classes.
 * @param options `k` and `T`; 20 and 0.07 unless told otherwise.
 * @returns Top-1 accuracy in `[0, 1]`; `NaN` without test points.
 *
 * @example
 * ```ts
 * import { knnAccuracy } from "@vitfreeze/vitfreeze/train";
 * import { strictEqual } from "node:assert/strict";
 *
 * const train = { features: Float32Array.of(1, 0, 0, 1), width: 2, labels: Int32Array.of(0, 1) };
 * const test = { features: Float32Array.of(0.9, 0.1), width: 2, labels: Int32Array.of(0) };
 * strictEqual(knnAccuracy(train, test, 2, { neighbours: 1, temperature: 0.07 }), 1);
 * ```
 */
export function knnAccuracy(
  train: LabelledFeatures,
  test: LabelledFeatures,
  classes: number,
  options: KnnOptions = { neighbours: 20, temperature: 0.07 },
): number {
  const votes = knnVotes(train, test, classes, options);
  return topAccuracy(votes, test.labels, classes, 1);
}

/** Accuracies for one number of neighbours. */
export interface KnnAccuracy {
  /** Neighbours that vote. */
  readonly neighbours: number;
  /** Part of the points whose class gets the most votes, in `[0, 1]`. */
  readonly top1: number;
  /** Part of the points whose class is among the five with the most votes. */
  readonly top5: number;
}

/**
 * Accuracies for several numbers of neighbours, which are looked for once.
 *
 * @param train Labelled points.
 * @param test Points to classify, with their true classes.
 * @param classes Number of classes.
 * @param neighbours Numbers of neighbours, each at least 1.
 * @param temperature `T`.
 * @returns One entry for each number, in order; `NaN` without test points.
 * @see Caron et al., Emerging Properties in Self-Supervised Vision Transformers, 2021, appendix F.
 */
export function knnAccuracies(
  train: LabelledFeatures,
  test: LabelledFeatures,
  classes: number,
  neighbours: readonly number[],
  temperature: number,
): readonly KnnAccuracy[] {
  const found = neighboursOf(train, test, Math.max(...neighbours));
  return neighbours.map((k) => {
    const votes = votesOf(found, classes, { neighbours: k, temperature });
    const top = (n: number) => topAccuracy(votes, test.labels, classes, n);
    return { neighbours: k, top1: top(1), top5: top(5) };
  });
}
