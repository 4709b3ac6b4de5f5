/**
 * Images: where they come from, what is done to them, how they become batches.
 *
 * @module
 */
export { RAND_AUGMENT, RANDOM_ERASING } from "../core/config/augment.ts";
export {
  CLASS_SUBSETS,
  type SubsetName,
} from "../data/classes/class_subsets.ts";
export { heldOutImages } from "../data/classes/held_out_images.ts";
export {
  classNamesFrom,
  selectClasses,
} from "../data/classes/select_classes.ts";
export {
  labelledImages,
  selectImages,
  sharePerClass,
  shareSource,
  type SplitSource,
  splitSource,
} from "../data/classes/select_images.ts";
export {
  type ClassSplit,
  splitByClass,
} from "../data/classes/split_by_class.ts";
export {
  type Background,
  backgroundColour,
  type Colour,
} from "../data/image/background.ts";
export type { ImageSource, Split } from "../data/image/image_source.ts";
export {
  IMAGENET_NORMALIZATION,
  type Normalization,
  normalizationFor,
} from "../data/image/normalization.ts";
export type {
  EncodedImage,
  ImageMask,
  Levels,
  RawImage,
  Size,
} from "../data/image/raw_image.ts";
export {
  type BadImage,
  type BadImagePolicy,
  type BadImages,
  badImages,
} from "../data/loader/bad_images.ts";
export type { Batch, BatchHead, LevelBatch } from "../data/loader/batch.ts";
export {
  type ImageWorkers,
  imageWorkers,
} from "../data/loader/image_workers.ts";
export { type KeptImages, keptImages } from "../data/loader/kept_images.ts";
export type {
  BatchTurn,
  LoadAllOptions,
  LoadingOptions,
  LoadOptions,
} from "../data/loader/batch_loading.ts";
export {
  loadAll,
  loadBatches,
  loadLevels,
} from "../data/loader/load_batches.ts";
export {
  type DataError,
  describeDataError,
} from "../data/report/data_error.ts";
export {
  FIGURE_LEVEL,
  type FigureKind,
  type FigureMasks,
  figureMasks,
} from "../data/masks/figure_masks.ts";
export { type MaskedParts, openMasked } from "../data/masks/mask_files.ts";
export {
  type MaskView,
  type SeenMask,
  seenMasks,
} from "../data/masks/seen_masks.ts";
export { imageFolder } from "../data/sources/folder/image_folder.ts";
export { cifar, type CifarName } from "../data/sources/known_sets/cifar.ts";
export {
  embeddedFashionMnist,
  fashionMnist,
} from "../data/sources/known_sets/fashion_mnist.ts";
export { openPictures } from "../data/sources/opening/open_pictures.ts";
export { openSource } from "../data/sources/opening/open_source.ts";
export { parquetImages } from "../data/sources/parquet/parquet_images.ts";
export { webDataset } from "../data/sources/tar/web_dataset.ts";
export { shownPixels } from "../data/transforms/shown_pixels.ts";
export {
  type EvalTransform,
  evalTransform,
  type ImageFormat,
  keepsLevels,
  type LearningTransform,
  type PaddedCropTransform,
  paddedCropTransform,
  type TrainTransform,
  trainTransform,
} from "../data/transforms/transform.ts";
export type { EvalRule, TrainRule, ViewRule } from "../data/transforms/view.ts";
export type { PixelTarget } from "../data/transforms/write_view.ts";
