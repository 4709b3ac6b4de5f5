/**
 * Images for training: where they come from, what is done to them, how they are
 * put together.
 *
 * @module
 */
export { LUMA_WEIGHTS } from "./augment/grey.ts";
export * from "./augment/affine.ts";
export * from "./augment/pixel_op.ts";
export * from "./augment/rand_augment.ts";
export * from "./augment/random_erasing.ts";
export * from "./bad_images.ts";
export * from "./batch.ts";
export { resizeBicubic } from "./resample/bicubic.ts";
export { cubicKernel } from "./resample/bicubic_taps.ts";
export * from "./cifar.ts";
export * from "./class_subsets.ts";
export * from "./content_digest.ts";
export * from "./counted.ts";
export { type DataError, describeDataError } from "./data_error.ts";
export { DecoderMissing } from "./decode_image.ts";
export * from "./fashion_mnist.ts";
export * from "./image_folder.ts";
export * from "./image_format.ts";
export * from "./image_source.ts";
export * from "./image_workers.ts";
export * from "./labelled_images.ts";
export type { DecodingThread } from "./jpeg/decode_jpeg.ts";
export * from "./load_all.ts";
export * from "./load_batches.ts";
export * from "./normalization.ts";
export * from "./open_source.ts";
export { holdsFashionMnist } from "./sources/open_known_sets.ts";
export * from "./parquet_images.ts";
export * from "./random_resized_crop.ts";
export type { RecycledMemory } from "./recycled_memory.ts";
export * from "./render_image.ts";
export * from "./select_classes.ts";
export * from "./select_images.ts";
export * from "./split_by_class.ts";
export * from "./transform.ts";
export * from "./view.ts";
export * from "./view_rule.ts";
export * from "./web_dataset.ts";
