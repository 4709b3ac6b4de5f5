/**
 * Golden numbers and how far others are from them.
 *
 * @module
 */
import { strictEqual } from "node:assert/strict";
import { decodeSafetensors } from "../train/files/safetensors.ts";
import type { StoredTensor } from "../train/files/tensor_data.ts";

const GOLDEN = new URL("golden/", import.meta.url);

/** Tensors of a file in `tests/golden`, by name. */
export function goldenTensors(path: string): ReadonlyMap<string, StoredTensor> {
  const file = decodeSafetensors(Deno.readFileSync(new URL(path, GOLDEN)));
  if (file._tag === "Left") throw new Error(`${path}: ${file.left.reason}`);
  return file.right.tensors;
}

/** A JSON file in `tests/golden`. */
export function goldenJson(path: string): unknown {
  return JSON.parse(Deno.readTextFileSync(new URL(path, GOLDEN)));
}

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
