/**
 * Weighted k-nearest-neighbour classification.
 *
 * @module
 */

import { type Result, right } from "../core/mod.ts";
import { type WorkOptions, yieldToOthers } from "./interruptible.ts";
import { topAccuracy } from "./top_accuracy.ts";
import type { TrainError } from "./train_error.ts";

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

/** The customary vote: 20 neighbours, temperature 0.07. */
export const KNN_VOTE: KnnOptions = { neighbours: 20, temperature: 0.07 };

/** How neighbours are looked for. */
export interface KnnSearch extends WorkOptions {
  /**
   * Bytes of the rows that are compared at a time, at least those of one row of each
   * side; the result does not depend on it. 4 MiB when left out.
   */
  readonly tileBytes?: number | undefined;
}

const TILE_BYTES = 2 ** 22;

/** Comparisons between two looks at the signal: a few milliseconds. */
const TILE_ROWS = 256;

/** Some rows brought to length 1; a row of zeros stays. */
interface Tile {
  /** First row. */
  readonly from: number;
  /** How many. */
  readonly rows: number;
  /** Room for at least `rows` rows. */
  readonly values: Float64Array;
}

const rowsOf = ({ features, width }: LabelledFeatures): number =>
  features.length / width;

/** Fills a tile's memory with unit rows. */
function unitTile(
  { features, width }: LabelledFeatures,
  from: number,
  rows: number,
  values: Float64Array,
): Tile {
  for (let row = 0; row < rows; row++) {
    const [source, target] = [(from + row) * width, row * width];
    let squares = 0;
    for (let d = 0; d < width; d++) squares += features[source + d]! ** 2;
    const scale = squares > 0 ? 1 / Math.sqrt(squares) : 0;
    for (let d = 0; d < width; d++) {
      values[target + d] = features[source + d]! * scale;
    }
  }
  return { from, rows, values };
}

/** Tiles of at most so many rows, one after another in the same memory. */
function* tilesOf(
  points: LabelledFeatures,
  memory: Float64Array,
): Generator<Tile, void> {
  const [count, size] = [rowsOf(points), memory.length / points.width];
  for (let from = 0; from < count; from += size) {
    yield unitTile(points, from, Math.min(size, count - from), memory);
  }
}

/** The nearest labelled points of each point, nearest first. */
interface Neighbours {
  /** Points that were asked for. */
  readonly count: number;
  /** Neighbours of each. */
  readonly k: number;
  /** Their classes, `[count, k]`; −1 for none. */
  readonly labels: Int32Array;
  /** Their cosine similarities, `[count, k]`; `−∞` where none was found yet. */
  readonly similarities: Float32Array;
}

/** Puts a point among the nearest of another; of equally near ones the earlier stays before. */
function insert(
  { k, labels, similarities }: Neighbours,
  query: number,
  label: number,
  similarity: number,
): void {
  const [first, end] = [query * k, (query + 1) * k];
  if (!(similarity > similarities[end - 1]!)) return;
  let [low, high] = [first, end - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (similarities[middle]! < similarity) high = middle;
    else low = middle + 1;
  }
  similarities.copyWithin(low + 1, low, end - 1);
  labels.copyWithin(low + 1, low, end - 1);
  similarities[low] = similarity;
  labels[low] = label;
}

/** Compares every row of one tile with every row of another. */
function compareTiles(
  asked: Tile,
  known: Tile,
  { width, labels }: LabelledFeatures,
  found: Neighbours,
): void {
  const [a, b] = [asked.values, known.values];
  for (let i = 0; i < asked.rows; i++) {
    const [query, row] = [asked.from + i, i * width];
    const add = (j: number, product: number): void =>
      insert(found, query, labels[known.from + j]!, Math.fround(product));
    let j = 0;
    // Four at a time, so that each number of the row is read once for them.
    for (; j + 4 <= known.rows; j += 4) {
      let [s0, s1, s2, s3] = [0, 0, 0, 0];
      const at = j * width;
      for (let d = 0; d < width; d++) {
        const v = a[row + d]!;
        s0 += v * b[at + d]!;
        s1 += v * b[at + width + d]!;
        s2 += v * b[at + 2 * width + d]!;
        s3 += v * b[at + 3 * width + d]!;
      }
      add(j, s0);
      add(j + 1, s1);
      add(j + 2, s2);
      add(j + 3, s3);
    }
    for (; j < known.rows; j++) {
      let sum = 0;
      for (let d = 0; d < width; d++) sum += a[row + d]! * b[j * width + d]!;
      add(j, sum);
    }
  }
}

/**
 * The nearest of `train` to each of `test`. Beside what it returns it holds two tiles,
 * however many points there are. If there are fewer than `most`, all are neighbours.
 */
async function neighboursOf(
  train: LabelledFeatures,
  test: LabelledFeatures,
  most: number,
  { signal, onProgress, tileBytes = TILE_BYTES }: KnnSearch,
): Promise<Result<TrainError, Neighbours>> {
  const [count, k] = [rowsOf(test), Math.min(most, rowsOf(train))];
  const found: Neighbours = {
    count,
    k,
    labels: new Int32Array(count * k).fill(-1),
    similarities: new Float32Array(count * k).fill(-Infinity),
  };
  const size = tileBytes / (2 * Float64Array.BYTES_PER_ELEMENT * train.width);
  const rows = Math.max(1, Math.min(TILE_ROWS, Math.floor(size)));
  const [mine, theirs] = [test, train].map((points) =>
    new Float64Array(Math.min(rows, rowsOf(points)) * points.width)
  ) as [Float64Array, Float64Array];
  let done = 0;
  for (const asked of tilesOf(test, mine)) {
    for (const known of tilesOf(train, theirs)) {
      compareTiles(asked, known, train, found);
      done += asked.rows * known.rows;
      const goOn = await yieldToOthers(signal);
      if (goOn._tag === "Left") return goOn;
      onProgress?.(done);
    }
  }
  return right(found);
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
 * @param search How neighbours are looked for, who watches and what stops it.
 * @returns `[test count, classes]`, row-major; or `Interrupted`.
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
 * @param train Labelled points.
 * @param test Points to classify, with their true classes.
 * @param classes Number of classes.
 * @param options `k` and `T`; 20 and 0.07 unless told otherwise.
 * @param search How neighbours are looked for, who watches and what stops it.
 * @returns Top-1 accuracy in `[0, 1]`, `NaN` without test points; or `Interrupted`.
 *
 * @example
 * ```ts
 * import { knnAccuracy, orThrow } from "@vitfreeze/vitfreeze/train";
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
export interface KnnAccuracy {
  /** Neighbours that voted: as many as were asked for, at most all that there are. */
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
 * @param search How neighbours are looked for, who watches and what stops it.
 * @returns One entry for each number, in order, and one for all numbers that are larger
 * than what there is; `NaN` without test points; or `Interrupted`.
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
    const top = (n: number) => topAccuracy(votes, test.labels, classes, n);
    return { neighbours: k, top1: top(1), top5: top(5) };
  }));
}
