/** Parts of a source. */
import {
  type Faults,
  type Key,
  permutation,
  type Result,
} from "../../core/mod.ts";
import { E, pipe } from "../../core/fp.ts";
import { unlessFaulty, wholeFault } from "../report/data_error.ts";
import type { ImageSource } from "../image/image_source.ts";

/**
 * The images of a source at some indices, renumbered from 0.
 *
 * @param source All images.
 * @param indices Indices to keep, each in `[0, source.length)`.
 */
export function selectImages(
  source: ImageSource,
  indices: Int32Array,
): ImageSource {
  const original = (index: number): number => indices[index] ?? -1;
  const { bytes } = source;
  return {
    ...source,
    summary: `${indices.length} of ${source.summary}`,
    length: indices.length,
    label: (index) => source.label(original(index)),
    imageName: (index) => source.imageName(original(index)),
    ...bytes === undefined
      ? {}
      : { bytes: (index: number) => bytes(original(index)) },
    read: (index) => source.read(original(index)),
  };
}

/**
 * A random share of a source, in the order of the source. Unlike the first
 * images of a folder, which are all of one class, a share has all classes.
 *
 * @param source All images.
 * @param count Number to keep, a whole number in `[1, source.length]`.
 * @param key Key of the share; a larger share of the same key holds the smaller one.
 * @returns A source of `count` images, or the fault of `count`.
 *
 * @example A hundred images of the embedded ten thousand
 * ```ts
 * import { embeddedFashionMnist, rootKey, shareSource } from "@vitfreeze/vitfreeze";
 * import { strictEqual } from "node:assert/strict";
 *
 * const all = await embeddedFashionMnist();
 * if (all._tag === "Right") {
 *   const share = shareSource(all.right, 100, rootKey(0));
 *   strictEqual(share._tag === "Right" && share.right.length, 100);
 * }
 * ```
 */
export function shareSource(
  source: ImageSource,
  count: number,
  key: Key,
): Result<Faults, ImageSource> {
  return pipe(
    unlessFaulty(count, [wholeFault("limit", count, 1, source.length)]),
    E.map((n) =>
      selectImages(source, permutation(key, source.length).slice(0, n).sort())
    ),
  );
}

/**
 * So many images of each class at random, in the order of the source: what few labels
 * teach.
 *
 * @param source Labelled images; those without a label are left out.
 * @param count Number of each class, a whole number from 1 on; a class with fewer gives all.
 * @param key Key of the draw; a larger one of the same key holds the smaller one.
 *
 * @example Two of each of ten classes
 * ```ts
 * import { embeddedFashionMnist, orThrow, rootKey, sharePerClass } from "@vitfreeze/vitfreeze";
 * import { strictEqual } from "node:assert/strict";
 *
 * const all = orThrow(await embeddedFashionMnist());
 * const few = orThrow(sharePerClass(all, 2, rootKey(0)));
 *
 * strictEqual(few.length, 20);
 * ```
 */
export function sharePerClass(
  source: ImageSource,
  count: number,
  key: Key,
): Result<Faults, ImageSource> {
  return pipe(
    unlessFaulty(count, [wholeFault("count", count, 1, Infinity)]),
    E.map((most) => {
      const taken = new Map<number, number>();
      const kept = permutation(key, source.length).filter((index) => {
        const label = source.label(index);
        if (label === null) return false;
        const before = taken.get(label) ?? 0;
        taken.set(label, before + 1);
        return before < most;
      });
      return selectImages(source, kept.sort());
    }),
  );
}

/** Two parts of a source that have no image in common. */
export interface SplitSource {
  /** The random share. */
  readonly share: ImageSource;
  /** All other images. */
  readonly rest: ImageSource;
}

/**
 * A random share of a source and what is left, both in the order of the source:
 * validation images, kept out of training.
 *
 * @param source All images.
 * @param count Images of the share, a whole number in `[1, source.length − 1]`.
 * @param key Key of the share.
 * @returns Both parts, or the fault of `count`.
 */
export function splitSource(
  source: ImageSource,
  count: number,
  key: Key,
): Result<Faults, SplitSource> {
  const order = permutation(key, source.length);
  return pipe(
    unlessFaulty(count, [wholeFault("count", count, 1, source.length - 1)]),
    E.map((n) => ({
      share: selectImages(source, order.slice(0, n).sort()),
      rest: selectImages(source, order.slice(n).sort()),
    })),
  );
}

/**
 * The images of a source that have a label.
 *
 * @returns The same source where all have one; none of its images where none has.
 */
export function labelledImages(source: ImageSource): ImageSource {
  const indices = Int32Array.from(
    Array.from({ length: source.length }, (_, index) => index)
      .filter((index) => source.label(index) !== null),
  );
  return indices.length === source.length
    ? source
    : selectImages(source, indices);
}

/**
 * Reason why a source cannot be evaluated by classes.
 *
 * @returns A clause about its images, with what is wrong with labels that are there.
 */
export function noClassesReason({ labelFault }: ImageSource): string {
  return labelFault === null || labelFault === undefined
    ? "they have no classes"
    : `their labels are no classes: ${labelFault}`;
}
