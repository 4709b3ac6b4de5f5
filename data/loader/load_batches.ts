/** Batches of images of any kind: files are decoded on this thread, or by workers. */
import type { Result } from "../../core/mod.ts";
import type { DataError } from "../report/data_error.ts";
import type { Batch, LevelBatch } from "./batch.ts";
import {
  batchLoading,
  type LoadAllOptions,
  type LoadOptions,
} from "./batch_loading.ts";
import { imageRenderer } from "./render_image.ts";

const LOADING = batchLoading(imageRenderer);

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
 * @param options Images and batches to load.
 * @returns Batches of `[B, C, height, width]`, or the error that ends them: bad
 * options, an image that cannot be read, by name, or more than `MOST_BAD` of them.
 *
 * @example The first batch of an epoch
 * ```ts
 * import { embeddedFashionMnist, loadBatches, trainTransform } from "@vitfreeze/vitfreeze";
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
export function loadBatches(
  options: LoadOptions,
): AsyncGenerator<Result<DataError, Batch>, void> {
  return LOADING.loadBatches(options);
}

/**
 * The batches of `loadBatches` in bytes: a quarter of the memory, for an engine that turns
 * levels into numbers itself. The numbers are the same, to the bit.
 *
 * @param options Images and batches to load; the transform must keep levels (`keepsLevels`).
 * @returns Batches of `[B, C, height, width]`, or the error that ends them.
 *
 * @example A byte, and the number that it stands for
 * ```ts
 * import { embeddedFashionMnist, loadBatches, loadLevels, orThrow, trainTransform } from "@vitfreeze/vitfreeze";
 * import { strictEqual } from "node:assert/strict";
 *
 * const source = orThrow(await embeddedFashionMnist());
 * const { normalization } = source;
 * const transform = orThrow(trainTransform({ imageSize: 32, inChannels: 1, normalization }));
 * const options = { source, transform, seed: 0, epoch: 0, batchSize: 16 };
 *
 * const numbers = orThrow((await loadBatches(options).next()).value!);
 * const { images, levels } = orThrow((await loadLevels(options).next()).value!);
 * strictEqual(levels[0]![images[500]!], numbers.images[500]);
 * ```
 */
export function loadLevels(
  options: LoadOptions,
): AsyncGenerator<Result<DataError, LevelBatch>, void> {
  return LOADING.loadLevels(options);
}

/**
 * All images of a source in its order, or of every few batches one (`turn`). Only images
 * that cannot be read are left out, so that a batch may be smaller; they are noted in
 * `badImages`.
 *
 * @returns Batches of `[≤ B, C, height, width]` with their indices, rising, or the error
 * that ends them.
 */
export function loadAll(
  options: LoadAllOptions,
): AsyncGenerator<Result<DataError, Batch>, void> {
  return LOADING.loadAll(options);
}
