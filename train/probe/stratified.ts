/**
 * Samples split class by class.
 *
 * @module
 */
import { type Key, permutation, split } from "../../core/mod.ts";

/** Samples in two parts, by their indices in rising order. */
export interface StratifiedSplit {
  /** The share. */
  readonly share: Int32Array;
  /** All others. */
  readonly rest: Int32Array;
}

/**
 * Takes the same part of every class, to the nearest sample: at least one of a class
 * that has two, and never all of a class.
 *
 * @param labels Class of each sample.
 * @param part The part of the share, in `(0, 1)`.
 * @param key Which share.
 */
export function stratifiedSplit(
  labels: Int32Array,
  part: number,
  key: Key,
): StratifiedSplit {
  const byClass = Map.groupBy(labels.keys(), (index) => labels[index] ?? -1);
  const [share, rest]: [number[], number[]] = [[], []];
  for (const [label, own] of byClass) {
    const order = permutation(split(key, label + 1), own.length);
    const wanted = Math.max(1, Math.round(part * own.length));
    const count = Math.min(wanted, own.length - 1);
    order.forEach((place, i) => (i < count ? share : rest).push(own[place]!));
  }
  const inOrder = (indices: number[]) => Int32Array.from(indices).sort();
  return { share: inOrder(share), rest: inOrder(rest) };
}
