/**
 * Golden numbers.
 *
 * @module
 */
import { decodeSafetensors } from "../train/files/safetensors.ts";
import type { StoredTensor } from "../train/files/tensor_data.ts";

export { largestDifference, numbersOf } from "./numbers.ts";

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
