/** Classes of patches, by what most of their pixels show. */
import { type Key, permutation } from "../../../core/mod.ts";

/** The most frequent class of some counts; of equally frequent ones the first; −1 for none. */
function mostOf(counts: Int32Array): number {
  let best = -1;
  counts.forEach((count, label) => {
    if (count > (counts[best] ?? 0)) best = label;
  });
  return best;
}

/**
 * The class of each patch: the most frequent one among its pixels that have one, of
 * equally frequent ones the first.
 *
 * @param pixels Class of each pixel, `[S, S]` row-major, from 0 to `classes − 1`; −1 for none.
 * @param grid Patches along a side, `G`; it divides `S`.
 * @param classes Number of classes, `≥ 1`.
 * @returns `[G, G]`, row-major; −1 for a patch without a pixel that has a class.
 *
 * @example Two patches of two by two pixels each; one pixel has no class
 * ```ts
 * import { patchLabels } from "@vitfreeze/vitfreeze/evaluate";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const pixels = Int32Array.of(
 *   ...[0, 1, 2, 2],
 *   ...[1, -1, 2, 0],
 *   ...[-1, -1, 0, 1],
 *   ...[-1, -1, 1, 0],
 * );
 * deepStrictEqual([...patchLabels(pixels, 2, 3)], [1, 2, -1, 0]);
 * ```
 */
export function patchLabels(
  pixels: Int32Array,
  grid: number,
  classes: number,
): Int32Array {
  const side = Math.sqrt(pixels.length);
  const patch = side / grid;
  const counts = new Int32Array(classes);
  return Int32Array.from({ length: grid ** 2 }, (_, at) => {
    counts.fill(0);
    const [top, left] = [Math.floor(at / grid) * patch, at % grid * patch];
    for (let y = top; y < top + patch; y++) {
      for (let x = left; x < left + patch; x++) {
        const label = pixels[y * side + x]!;
        if (label >= 0) counts[label]!++;
      }
    }
    return mostOf(counts);
  });
}

/**
 * Patches to learn from: of those that have a class all, or as many as are wanted, each
 * with the same probability.
 *
 * @param labels Class of each patch of all images; −1 for none.
 * @param most Patches at most.
 * @param key Key of the draw.
 * @returns Their numbers, rising.
 */
export function drawnPatches(
  labels: Int32Array,
  most: number,
  key: Key,
): Int32Array {
  const known = Int32Array.from(
    labels.keys().filter((at) => (labels[at] ?? -1) >= 0),
  );
  return known.length <= most
    ? known
    : permutation(key, known.length).slice(0, most)
      .map((place) => known[place] ?? -1).sort();
}
