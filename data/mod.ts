/**
 * Images for training: where they come from, what is done to them, how they are
 * put together.
 *
 * @module
 */
export { LUMA_WEIGHTS } from "./augment/enhance.ts";
export * from "./augment/affine.ts";
export * from "./augment/pixel_op.ts";
export * from "./augment/rand_augment.ts";
export * from "./augment/random_erasing.ts";
export * from "./loader/bad_images.ts";
export * from "./loader/batch.ts";
export type {
  LoadedIndex,
  LoadSample,
  SampleRecipe,
} from "./loader/load_sample.ts";
export { cubicKernel } from "./decode/resample/bicubic_taps.ts";
export * from "./sources/known_sets/cifar.ts";
export * from "./classes/class_subsets.ts";
export * from "./sources/content_digest.ts";
export { counted } from "./report/counts.ts";
export { type DataError, describeDataError } from "./report/data_error.ts";
export { DecoderMissing } from "./decode/decode_image.ts";
export {
  embeddedFashionMnist,
  FASHION_MNIST_CLASSES,
  fashionMnist,
  hasIdxImages,
  imagesFileName,
} from "./sources/known_sets/fashion_mnist.ts";
export * from "./sources/folder/image_folder.ts";
export {
  IMAGE_FORMATS,
  IMAGE_SUFFIXES,
  type ImageFileFormat,
  imageFormat,
  isImageName,
} from "./image/image_format.ts";
export * from "./image/image_source.ts";
export {
  type EncodedImage,
  type PixelBox,
  type RawImage,
  type Size,
  wholeOf,
} from "./image/raw_image.ts";
export * from "./loader/image_workers.ts";
export type { DecodingThread } from "./decode/decode_jpeg.ts";
export * from "./loader/load_batches.ts";
export * from "./image/normalization.ts";
export * from "./sources/opening/open_source.ts";
export { holdsFashionMnist } from "./sources/opening/open_known_sets.ts";
export * from "./sources/parquet/parquet_images.ts";
export * from "./transforms/random_resized_crop.ts";
export type { RecycledMemory } from "./resources/recycled_memory.ts";
export {
  imageRenderer,
  type RenderImage,
  type ViewAt,
} from "./loader/render_image.ts";
export * from "./classes/select_classes.ts";
export * from "./classes/select_images.ts";
export * from "./classes/split_by_class.ts";
export * from "./transforms/transform.ts";
export * from "./transforms/view.ts";
export * from "./sources/tar/web_dataset.ts";
