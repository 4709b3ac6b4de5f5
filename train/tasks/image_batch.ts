/**
 * Batches of images as inputs of graphs.
 *
 * @module
 */
import { left, type Result, right } from "../../core/mod.ts";
import type { Batch } from "../../data/mod.ts";
import type { ItemSource } from "../engine/loop.ts";
import type { TrainError } from "../train_error.ts";

/** The micro-batches of an epoch from one of them on, in the order of the seed. */
export type BatchSource = ItemSource<Batch>;

/** Number of the first sample with a pixel that is not finite, or `null`. */
export function badSample({ images, indices }: Batch): string | null {
  const bad = images.findIndex((pixel) => !Number.isFinite(pixel));
  const sample = indices[Math.floor(bad * indices.length / images.length)];
  return bad < 0 ? null : String(sample);
}

/**
 * Classes of a batch, each of which must be one.
 *
 * @param batch Images with their classes.
 * @param classes How many there are.
 * @returns The classes, or the first that is none.
 */
export function checkedLabels(
  { labels }: Pick<Batch, "labels">,
  classes: number,
): Result<TrainError, Int32Array> {
  const bad = labels?.find((label) => !(label >= 0 && label < classes));
  if (labels !== null && bad === undefined) return right(labels);
  const wanted = `classes from 0 to ${classes - 1}`;
  return left({
    _tag: "BadConfig",
    faults: [{ _tag: "OutOfRange", path: "labels", found: bad, wanted }],
  });
}
