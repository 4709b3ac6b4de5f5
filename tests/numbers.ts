/**
 * Numbers of tensors and how far others are from them.
 *
 * @module
 */
import { strictEqual } from "node:assert/strict";
import type { StoredTensor } from "../train/files/tensor_data.ts";

/** The numbers of one of several tensors; fails the test if there is none of that name. */
export function numbersOf(
  tensors: ReadonlyMap<string, StoredTensor>,
  name: string,
): Float64Array {
  const tensor = tensors.get(name);
  if (tensor === undefined) throw new Error(`no tensor ${name}`);
  return Float64Array.from(tensor.data, Number);
}

/** `max |found − wanted|`, `NaN` if anything is `NaN`; fails the test on different lengths. */
export function largestDifference(
  found: ArrayLike<number> | undefined,
  wanted: ArrayLike<number>,
): number {
  strictEqual(found?.length, wanted.length);
  return Array.from(wanted).reduce(
    (largest, b, i) => Math.max(largest, Math.abs((found?.[i] ?? NaN) - b)),
    0,
  );
}
