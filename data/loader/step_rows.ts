/** Images of a training's steps that one of several processes loads. */

/** Images that follow each other in the order of a step. */
export interface RowStretch {
  /** The first, from 0. */
  readonly from: number;
  /** Their number. */
  readonly count: number;
}

/** The part of every step that a process loads. */
export interface StepRows {
  /** Images of a whole step, of all processes. */
  readonly images: number;
  /** For each batch of this process in a step, the images that it is made of, in order. */
  readonly batches: readonly (readonly RowStretch[])[];
}

/** Number of images of a batch. */
export const rowCount = (stretches: readonly RowStretch[]): number =>
  stretches.reduce((sum, { count }) => sum + count, 0);

/** Batches of a process in an epoch: those of whole steps. */
export const sharedBatches = (
  length: number,
  { images, batches }: StepRows,
): number => Math.floor(length / images) * batches.length;

/**
 * The indices of a batch of a process.
 *
 * @param order Indices of all images in the order of the epoch.
 * @param k Number of the batch among those of the process in the epoch, from 0.
 */
export function sharedIndices(
  order: Int32Array,
  { images, batches }: StepRows,
  k: number,
): Int32Array {
  const step = Math.floor(k / batches.length);
  const stretches = batches[k % batches.length] ?? [];
  const indices = new Int32Array(rowCount(stretches));
  let at = 0;
  for (const { from, count } of stretches) {
    const first = step * images + from;
    indices.set(order.subarray(first, first + count), at);
    at += count;
  }
  return indices;
}
