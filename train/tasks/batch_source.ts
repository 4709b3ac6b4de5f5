/** Batches of training images of any kind. */
import type {
  ConvNetConfig,
  Faults,
  FinetuneConfig,
  PretrainConfig,
  Result,
} from "../../core/mod.ts";
import {
  type ImageSource,
  keptImages,
  loadAll,
  loadBatches,
  loadLevels,
} from "../../data/mod.ts";
import {
  imageBatches,
  type LevelSource,
  type Loading,
} from "./image_batches.ts";

const BATCHES = imageBatches({ loadAll, loadBatches, loadLevels, keptImages });

/**
 * Random crops of the images of a source, in the order of the seed.
 *
 * @param source Images; normalised by the source's own statistics.
 * @param config Image size, channels, batch size and seed of the run.
 * @param loading Workers that prepare images, and the policy for bad ones.
 * @returns Batch source for `pretraining`, or why such images cannot be made.
 * The numbers of a batch last until the next one of its epoch is asked for.
 */
export function batchSource(
  source: ImageSource,
  config: PretrainConfig,
  loading: Loading = {},
): Result<Faults, LevelSource> {
  return BATCHES.batchSource(source, config, loading);
}

/**
 * Random crops of the images of a source, half of them mirrored, then changed by
 * RandAugment and random erasing as the configuration says, in the order of the seed.
 * The view of an image is a function of seed, epoch and its index.
 *
 * @param source Labelled images; normalised by the source's own statistics.
 * @param config Image size, channels, augmentation, batch size and seed.
 * @returns Batch source for `train` with a `finetuneTask`, or why such images
 * cannot be made. The numbers of a batch last until the next one of its epoch is asked for.
 */
export function finetuneBatches(
  source: ImageSource,
  config: FinetuneConfig,
  loading: Loading = {},
): Result<Faults, LevelSource> {
  return BATCHES.finetuneBatches(source, config, loading);
}

/**
 * Images of a source shifted by up to four pixels and mirrored, in the order of the seed.
 *
 * @param source Labelled images; normalised by the source's own statistics.
 * @returns Batch source for `train` with a `convNetTask`, or why such images
 * cannot be made. The numbers of a batch last until the next one of its epoch is asked for.
 */
export function convNetBatches(
  source: ImageSource,
  config: Pick<ConvNetConfig, "model" | "training">,
  loading: Loading = {},
): Result<Faults, LevelSource> {
  return BATCHES.convNetBatches(source, config, loading);
}
