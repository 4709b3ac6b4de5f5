/**
 * Batches of images for learning.
 *
 * @module
 */
import { epochOrder, type Fault, left, type Result } from "../../core/mod.ts";
import {
  type BadImagePolicy,
  type BadImages,
  badImages,
} from "./bad_images.ts";
import { type Batch, batchMaker } from "./batch.ts";
import {
  type DataError,
  unlessFaulty,
  wholeFault,
} from "../report/data_error.ts";
import type { ImageSource } from "../image/image_source.ts";
import type { ImageWorkers } from "./image_workers.ts";
import { recycledBatches } from "./recycled_batches.ts";
import { recycledMemory } from "../image/recycled_memory.ts";
import type { LearningTransform } from "../transforms/transform.ts";
import { workAhead } from "./work_ahead.ts";

/** Which batches are wanted. */
export interface LoadOptions {
  /** Where images come from. */
  readonly source: ImageSource;
  /** What they become. */
  readonly transform: LearningTransform;
  /** Seed of the run: decides order, crops and flips. */
  readonly seed: number;
  /** Epoch, counted from 0. */
  readonly epoch: number;
  /** Images of a batch, in `[1, source.length]`. */
  readonly batchSize: number;
  /** First batch wanted; 0 when left out. */
  readonly fromBatch?: number;
  /** Batches made ahead of the one in use; 2 when left out. */
  readonly prefetch?: number;
  /** Who makes images ready; the main thread when left out. */
  readonly workers?: ImageWorkers | undefined;
  /** What is done about an image that cannot be read; `"skip"` when left out. */
  readonly onBadImage?: BadImagePolicy | undefined;
  /** Where skipped images are noted; a list of this epoch when left out. */
  readonly badImages?: BadImages | undefined;
  /**
   * Whether the numbers of a batch last only until the next one is asked for. Their
   * memory is then used again, which is faster than new memory. `false` when left out.
   */
  readonly recycles?: boolean | undefined;
  /** Ends the iteration when aborted. */
  readonly signal?: AbortSignal;
}

/**
 * Whole batches of an epoch; images that do not fill a last one are left out
 * of it.
 *
 * @param length Images of the source.
 * @param batchSize Images of a batch.
 */
export function batchesPerEpoch(length: number, batchSize: number): number {
  return Math.floor(length / batchSize);
}

function loadFaults(options: LoadOptions): readonly (Fault | null)[] {
  const { source, epoch, batchSize, fromBatch = 0, prefetch = 2 } = options;
  const { count } = options.workers ?? { count: 1 };
  const size = wholeFault("batchSize", batchSize, 1, source.length);
  const last = size === null ? batchesPerEpoch(source.length, batchSize) : 0;
  return [
    size,
    wholeFault("epoch", epoch, 0, Infinity),
    size === null ? wholeFault("fromBatch", fromBatch, 0, last) : null,
    wholeFault("prefetch", prefetch, 0, Infinity),
    wholeFault("workers", count, 1, Infinity),
  ];
}

/**
 * The batches of one epoch, made while the consumer computes.
 *
 * The order of the images is a function of seed and epoch, the crop and flip of
 * an image a function of seed, epoch and its index in the source. So batch `k`
 * is the same whether the iteration started at 0 or at `k`, and an image looks
 * the same whatever the batch size.
 *
 * At most `prefetch` batches wait in memory beside the one in use. The iteration
 * ends after the first error; leaving the loop or aborting the signal stops the
 * work ahead. Workers change nothing but the time that it takes.
 *
 * In the place of an image that cannot be read another one is shown, drawn by
 * seed, epoch and index of the first, and `indices` and `labels` are those of
 * what is shown. The first is noted in `badImages`.
 *
 * @param options What to load.
 * @returns Batches of `[B, C, height, width]`, or the error that ends them: bad
 * options, an image that cannot be read, by name, or more than `MOST_BAD` of them.
 *
 * @example The first batch of an epoch
 * ```ts
 * import { embeddedFashionMnist, loadBatches, trainTransform } from "@vitfreeze/vitfreeze/data";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const source = await embeddedFashionMnist();
 * if (source._tag === "Left") throw new Error("unreadable");
 * const { normalization } = source.right;
 * const transform = trainTransform({ imageSize: 32, inChannels: 1, normalization });
 * if (transform._tag === "Left") throw new Error("impossible");
 *
 * const options = { source: source.right, transform: transform.right, seed: 0, epoch: 0, batchSize: 16 };
 * for await (const batch of loadBatches(options)) {
 *   deepStrictEqual(batch._tag === "Right" && batch.right.shape, [16, 1, 32, 32]);
 *   break;
 * }
 * ```
 */
export async function* loadBatches(
  options: LoadOptions,
): AsyncGenerator<Result<DataError, Batch>, void> {
  const checked = unlessFaulty(options, loadFaults(options));
  if (checked._tag === "Left") {
    yield left({ _tag: "BadOptions", faults: checked.left });
    return;
  }
  const { source, transform, seed, epoch, batchSize } = options;
  const { fromBatch = 0, prefetch = 2, recycles = false, signal } = options;
  const memory = recycledMemory(Infinity);
  const order = epochOrder(seed, epoch, source.length);
  const makeBatch = batchMaker({
    source,
    rule: { transform, seed, epoch },
    workers: options.workers,
    memory,
    onBadImage: options.onBadImage ?? "skip",
    badImages: options.badImages ?? badImages(source.length),
  });
  yield* recycledBatches(
    recycles ? memory : null,
    workAhead({
      count: batchesPerEpoch(source.length, batchSize) - fromBatch,
      ahead: prefetch,
      signal,
      work: (piece, stop) => {
        const from = (fromBatch + piece) * batchSize;
        return makeBatch(order.slice(from, from + batchSize), stop);
      },
    }),
  );
}
