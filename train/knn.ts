/**
 * Weighted k-nearest-neighbour classification.
 *
 * @module
 */

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
  { neighbours, temperature }: KnnOptions,
): Float64Array {
  const [known, asked] = [unitRows(train), unitRows(test)];
  const count = asked.length / test.width;
  const votes = new Float64Array(count * classes);
  for (let i = 0; i < count; i++) {
    const row = asked.subarray(i * test.width, (i + 1) * test.width);
    const near = similarities(row, known);
    const own = votes.subarray(i * classes, (i + 1) * classes);
    for (const j of largest(near, neighbours)) {
      const label = train.labels[j] ?? -1;
      const vote = Math.exp((near[j] ?? 0) / temperature);
      if (label >= 0) own[label] = (own[label] ?? 0) + vote;
    }
  }
  return votes;
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
  const hits = test.labels.filter((label, i) => {
    const row = votes.subarray(i * classes, (i + 1) * classes);
    return row.indexOf(row.reduce((a, b) => Math.max(a, b), -Infinity)) ===
      label;
  });
  return hits.length / test.labels.length;
}
