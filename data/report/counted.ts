/**
 * Numbers of things, in words.
 *
 * @module
 */

/**
 * How many there are of something.
 *
 * @param count How many.
 * @param noun What one of them is called; more take an `s`, or `es` behind a hiss.
 * @returns `1 image`, `2 images`.
 *
 * @example
 * ```ts
 * import { counted } from "@vitfreeze/vitfreeze/data";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * deepStrictEqual([0, 1, 2].map((n) => counted(n, "file")), ["0 files", "1 file", "2 files"]);
 * deepStrictEqual([1, 2].map((n) => counted(n, "class")), ["1 class", "2 classes"]);
 * deepStrictEqual(["epoch", "batch"].map((noun) => counted(2, noun)), ["2 epochs", "2 batches"]);
 * ```
 */
export function counted(count: number, noun: string): string {
  const ending = /(s|x|z|sh|[nt]ch)$/.test(noun) ? "es" : "s";
  return `${count} ${noun}${count === 1 ? "" : ending}`;
}
