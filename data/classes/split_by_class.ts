/** A part of a source that is kept away, with its share of each class. */
import {
  type Faults,
  type Key,
  permutation,
  type Result,
  right,
} from "../../core/mod.ts";
import { unlessFaulty, wholeFault } from "../report/data_error.ts";
import type { ImageSource } from "../image/image_source.ts";
import { selectImages, type SplitSource } from "./select_images.ts";

/** Two parts of a source, and the classes that are not in both. */
export interface ClassSplit extends SplitSource {
  /** Names of classes that have images, but none in the share. */
  readonly notInShare: readonly string[];
  /** Names of classes that have images, but none in the rest. */
  readonly notInRest: readonly string[];
}

/** Least and most images of a class in the share, by the images that it has. */
interface Limits {
  readonly least: (images: number) => number;
  readonly most: (images: number) => number;
}

/** One on both sides, where there are two. */
const BOTH_SIDES: Limits = {
  least: (n) => n > 1 ? 1 : 0,
  most: (n) => Math.max(0, n - 1),
};

/** A share too small or too large to leave one of each class on both sides. */
const ANY: Limits = { least: () => 0, most: (n) => n };

/** Adds to or takes from parts, one each in the order of need, until they make up a sum. */
function settled(
  parts: readonly number[],
  images: readonly number[],
  count: number,
  { least, most }: Limits,
): readonly number[] {
  const wanted = shares(images, count);
  const next = [...parts];
  let open = count - next.reduce((sum, part) => sum + part, 0);
  const step = Math.sign(open);
  const need = (c: number): number =>
    step * ((wanted[c] ?? 0) - (parts[c] ?? 0));
  const order = images.map((_, c) => c).sort((a, b) => need(b) - need(a));
  for (let moved = 1; open !== 0 && moved > 0;) {
    moved = 0;
    for (const c of order) {
      const to = (next[c] ?? 0) + step;
      const n = images[c] ?? 0;
      if (open === 0 || to < least(n) || to > most(n)) continue;
      next[c] = to;
      open -= step;
      moved++;
    }
  }
  return next;
}

/** Parts of a share as they would be if images could be divided. */
function shares(images: readonly number[], count: number): readonly number[] {
  const all = images.reduce((sum, n) => sum + n, 0);
  return images.map((n) => count * n / all);
}

/**
 * Images of each class in a share: its part of the class to a whole
 * number, and at least one in the share and in the rest wherever a class has two and
 * the share is large enough.
 */
export function classCounts(
  images: readonly number[],
  count: number,
): readonly number[] {
  return settled(bothSidesCounts(images, count), images, count, ANY);
}

/** As near to a count as there can be one of each class on both sides. */
function bothSidesCounts(
  images: readonly number[],
  count: number,
): readonly number[] {
  const { least, most } = BOTH_SIDES;
  const near = shares(images, count).map((part, c) => {
    const n = images[c] ?? 0;
    return Math.min(Math.max(Math.floor(part), least(n)), most(n));
  });
  return settled(near, images, count, BOTH_SIDES);
}

/** The samples of a class; those without one are together. */
interface DividedClass {
  readonly label: number | null;
  /** Their indices in the order of a draw. */
  readonly all: readonly number[];
  /** Count of those in the share, the first ones. */
  readonly own: number;
}

/** Draws a share of samples class by class. */
function dividedClasses(
  length: number,
  labelOf: (index: number) => number | null,
  countsOf: (images: readonly number[]) => readonly number[],
  key: Key,
): readonly DividedClass[] {
  const drawn = [...permutation(key, length)];
  const classes = [...Map.groupBy(drawn, labelOf)]
    .sort(([a], [b]) => (a ?? -1) - (b ?? -1));
  const counts = countsOf(classes.map(([, all]) => all.length));
  return classes.map(([label, all], c) => ({
    label,
    all,
    own: counts[c] ?? 0,
  }));
}

/** Samples in two parts, by their indices in rising order. */
export interface SplitIndices {
  /** The share. */
  readonly share: Int32Array;
  /** All others. */
  readonly rest: Int32Array;
}

const indicesOf = (classes: readonly DividedClass[]): SplitIndices => {
  const part = (
    of: (all: readonly number[], own: number) => readonly number[],
  ): Int32Array =>
    Int32Array.from(classes.flatMap(({ all, own }) => of(all, own))).sort();
  return {
    share: part((all, own) => all.slice(0, own)),
    rest: part((all, own) => all.slice(own)),
  };
};

/**
 * A random share of labelled samples that has its part of each class, and the rest: at
 * least one of a class that has two, and never all of a class.
 *
 * @param labels Class of each sample.
 * @param count Samples of the share, in `[0, labels.length]`, as far as that allows.
 * @param key Key of the share.
 */
export function splitLabels(
  labels: Int32Array,
  count: number,
  key: Key,
): SplitIndices {
  const labelOf = (index: number): number => labels[index] ?? -1;
  const countsOf = (of: readonly number[]) => bothSidesCounts(of, count);
  return indicesOf(dividedClasses(labels.length, labelOf, countsOf, key));
}

/**
 * A random share of a source that has its part of each class, and what is left, both
 * in the order of the source: validation images, kept out of training.
 *
 * @param source All images.
 * @param count Images of the share, a whole number in `[1, source.length − 1]`.
 * @param key Key of the share.
 * @returns Both parts with the classes that one of them lacks, or the fault of `count`.
 *
 * @example A fifth of each class
 * ```ts
 * import { embeddedFashionMnist, rootKey, splitByClass } from "@vitfreeze/vitfreeze";
 * import { strictEqual } from "node:assert/strict";
 *
 * const all = await embeddedFashionMnist();
 * if (all._tag === "Right") {
 *   const parts = splitByClass(all.right, 2000, rootKey(0));
 *   if (parts._tag === "Right") {
 *     const { share } = parts.right;
 *     const bags = Array.from({ length: 2000 }, (_, i) => share.label(i))
 *       .filter((label) => label === 8);
 *     strictEqual(bags.length, 200);
 *   }
 * }
 * ```
 */
export function splitByClass(
  source: ImageSource,
  count: number,
  key: Key,
): Result<Faults, ClassSplit> {
  const checked = unlessFaulty(count, [
    wholeFault("count", count, 1, source.length - 1),
  ]);
  if (checked._tag === "Left") return checked;
  const classes = dividedClasses(
    source.length,
    (index) => source.label(index),
    (images) => classCounts(images, count),
    key,
  );
  const { share, rest } = indicesOf(classes);
  const lacking = (has: (all: number, own: number) => boolean) =>
    classes.flatMap(({ label, all, own }) =>
      label === null || has(all.length, own)
        ? []
        : [source.classNames?.[label] ?? String(label)]
    );
  return right({
    share: selectImages(source, share),
    rest: selectImages(source, rest),
    notInShare: lacking((_, own) => own > 0),
    notInRest: lacking((all, own) => own < all),
  });
}
