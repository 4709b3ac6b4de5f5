/**
 * Loading in a page: sources give pixels, as `imagesOf` and `fetchedFashionMnist` do, and
 * no decoder is loaded.
 */
import type { Backend, DeviceTensors } from "../backends/backend.ts";
import type { Faults, PretrainConfig, Result } from "../core/mod.ts";
import type { ImageSource } from "../data/image/image_source.ts";
import type { Batch, LevelBatch } from "../data/loader/batch.ts";
import {
  batchLoading,
  type LoadAllOptions,
  type LoadOptions,
} from "../data/loader/batch_loading.ts";
import { pixelRenderer } from "../data/loader/render_pixels.ts";
import type { DataError } from "../data/report/data_error.ts";
import {
  type ReconstructionRow,
  rowsLoadedBy,
} from "../train/evaluate/rows_by_loading.ts";
import {
  imageBatches,
  type LevelSource,
  type Loading,
} from "../train/tasks/image_batches.ts";
import type { TrainError } from "../train/train_error.ts";

const LOADING = batchLoading(pixelRenderer);

const BATCHES = imageBatches(LOADING);

const ROWS = rowsLoadedBy(LOADING);

/**
 * The batches of one epoch, as `loadBatches` of Deno gives them, to the bit.
 *
 * @param options Images and batches to load.
 * @returns Batches of `[B, C, height, width]`, or the error that ends them; an image that
 * is not decoded is one.
 *
 * @example A batch of pictures in memory
 * ```ts
 * import { imagesOf, loadBatches, orThrow, trainTransform } from "@vitfreeze/vitfreeze/web";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const grey = { _tag: "RawImage", width: 8, height: 8, channels: 1 } as const;
 * const source = imagesOf("squares", [{ ...grey, pixels: new Uint8Array(64) }]);
 * const transform = orThrow(trainTransform({ imageSize: 4, inChannels: 1, normalization: source.normalization }));
 * for await (const batch of loadBatches({ source, transform, seed: 0, epoch: 0, batchSize: 1 })) {
 *   deepStrictEqual(orThrow(batch).shape, [1, 1, 4, 4]);
 * }
 * ```
 */
export function loadBatches(
  options: LoadOptions,
): AsyncGenerator<Result<DataError, Batch>, void> {
  return LOADING.loadBatches(options);
}

/** The batches of `loadBatches` in bytes, for an engine that turns levels into numbers itself. */
export function loadLevels(
  options: LoadOptions,
): AsyncGenerator<Result<DataError, LevelBatch>, void> {
  return LOADING.loadLevels(options);
}

/**
 * All images of a source in its order.
 *
 * @returns Batches of `[≤ B, C, height, width]` with their indices, rising, or the error
 * that ends them.
 */
export function loadAll(
  options: LoadAllOptions,
): AsyncGenerator<Result<DataError, Batch>, void> {
  return LOADING.loadAll(options);
}

/**
 * Random crops of the images of a source, in the order of the seed.
 *
 * @param source Images in memory; normalised by the source's own statistics.
 * @param config Image size, channels, batch size and seed of the run.
 * @returns Batch source for `pretraining`, or why such images cannot be made.
 */
export function batchSource(
  source: ImageSource,
  config: PretrainConfig,
  loading: Loading = {},
): Result<Faults, LevelSource> {
  return BATCHES.batchSource(source, config, loading);
}

/**
 * What a model makes of the hidden patches of some images of a source.
 *
 * @param config Sizes of the model, and the seed of the masks.
 * @param parameters The model's parameters on that device.
 * @param count Rows, `≥ 1`; 6 by default, all images where there are fewer.
 * @returns The rows of `reconstructionPicture`, or why there are none.
 */
export function reconstructionRows(
  backend: Backend,
  config: Pick<PretrainConfig, "model" | "training">,
  parameters: DeviceTensors,
  source: ImageSource,
  count?: number,
): Promise<Result<TrainError, readonly ReconstructionRow[]>> {
  return ROWS(backend, config, parameters, source, count);
}
