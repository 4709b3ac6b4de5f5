/**
 * Images for training: where they come from, what is done to them, how they are
 * put together.
 *
 * @module
 */
export { LUMA_WEIGHTS } from "./augment/enhance.ts";
export { randAugmentFrom, showRandAugment } from "./augment/rand_augment.ts";
export {
  DRAW_KEY,
  heldOutCount,
  heldOutImages,
} from "./classes/held_out_images.ts";
export {
  classNamesFrom,
  selectClasses,
  withClassesOf,
} from "./classes/select_classes.ts";
export * from "./classes/select_images.ts";
export {
  type ClassSplit,
  splitByClass,
  splitLabels,
} from "./classes/split_by_class.ts";
export {
  type Background,
  backgroundColour,
  BACKGROUNDS,
} from "./image/background.ts";
export * from "./image/image_source.ts";
export {
  IMAGENET_NORMALIZATION,
  type Normalization,
  normalizationFor,
} from "./image/normalization.ts";
export {
  type BadImage,
  type BadImages,
  badImages,
} from "./loader/bad_images.ts";
export type { Batch, LevelBatch } from "./loader/batch.ts";
export { type AlphaCount, countAlpha } from "./loader/count_alpha.ts";
export { type ImageWorkers, imageWorkers } from "./loader/image_workers.ts";
export { type KeptImages, keptImages } from "./loader/kept_images.ts";
export { typicalSide } from "./loader/look_at_images.ts";
export {
  rowCount,
  type RowStretch,
  type StepRows,
} from "./loader/step_rows.ts";
export type { LoadAllOptions, LoadOptions } from "./loader/batch_loading.ts";
export { loadAll, loadBatches, loadLevels } from "./loader/load_batches.ts";
export {
  FIGURE_LEVEL,
  type FigureKind,
  type FigureMasks,
  figureMasks,
} from "./masks/figure_masks.ts";
export { type MaskedParts, openMasked } from "./masks/mask_files.ts";
export { type MaskView, type SeenMask, seenMasks } from "./masks/seen_masks.ts";
export { bytesInWords, counted } from "./report/counts.ts";
export { type DataError, describeDataError } from "./report/data_error.ts";
export { changedContents, contentDigest } from "./sources/content_digest.ts";
export { someOf } from "./sources/folder/folder_content.ts";
export { imageFolder } from "./sources/folder/image_folder.ts";
export { embeddedFashionMnist } from "./sources/known_sets/fashion_mnist.ts";
export { holdsFashionMnist } from "./sources/opening/open_known_sets.ts";
export { openPictures } from "./sources/opening/open_pictures.ts";
export * from "./sources/opening/open_source.ts";
export { shownPixels } from "./transforms/shown_pixels.ts";
export {
  type EvalTransform,
  evalTransform,
  keepsLevels,
  paddedCropTransform,
  trainTransform,
} from "./transforms/transform.ts";
