/**
 * Several images as one tensor.
 *
 * @module
 */
import { left, type Result, right } from "../core/mod.ts";
import { type DataError, reasonOf } from "./data_error.ts";
import type { ImageSource, Size } from "./image_source.ts";
import { imageRenderer, type RenderImage } from "./render_image.ts";
import type { ImageFormat } from "./transform.ts";
import type { View } from "./view.ts";

/** Images that are shown to the model together. */
export interface Batch {
  /** Extents of `images`: `[B, C, height, width]`. */
  readonly shape: readonly [number, number, number, number];
  /** Normalised pixels, row-major. */
  readonly images: Float32Array;
  /** Index of each image in its source, `[B]`. */
  readonly indices: Int32Array;
  /** Class of each image, `[B]`; `null` when the source has no labels. */
  readonly labels: Int32Array | null;
}

/** What all batches of an iteration have in common. */
export interface BatchRecipe {
  /** Where images come from. */
  readonly source: ImageSource;
  /** What they become. */
  readonly format: ImageFormat;
  /** Which pixels of the image at an index are seen. */
  readonly viewOf: (index: number, image: Size) => View;
}

/** Makes the batch of some images; resolves early when the signal is aborted. */
export type MakeBatch = (
  indices: Int32Array,
  signal: AbortSignal,
) => Promise<Result<DataError, Batch>>;

/** Images read at the same time: some wait for the disk while others are decoded. */
const IN_FLIGHT = 2 * navigator.hardwareConcurrency;

/** Reads and renders one image; whatever a source or decoder throws ends here. */
async function renderOne(
  { source, viewOf }: BatchRecipe,
  render: RenderImage,
  index: number,
  target: Float32Array,
): Promise<DataError | null> {
  try {
    const image = await source.read(index);
    if (image._tag === "Left") return image.left;
    await render(image.right, (size) => viewOf(index, size), target);
    return null;
  } catch (thrown) {
    const reason = reasonOf(thrown);
    return { _tag: "BadImage", image: source.imageName(index), reason };
  }
}

/** Runs tasks `0 … count − 1`, a few at a time, until one fails. */
async function firstError(
  count: number,
  signal: AbortSignal,
  task: (position: number) => Promise<DataError | null>,
): Promise<DataError | null> {
  let next = 0;
  let error: DataError | null = null;
  const worker = async (): Promise<void> => {
    while (next < count && error === null && !signal.aborted) {
      const found = await task(next++);
      error ??= found;
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
  return error;
}

function labelsOf(
  source: ImageSource,
  indices: Int32Array,
): Int32Array | null {
  return source.classNames === null
    ? null
    : indices.map((index) => source.label(index) ?? -1);
}

/**
 * A function that makes batches.
 *
 * @param recipe What they have in common.
 * @returns From indices to a batch, or to the first error met. After an abort
 * images may be missing from the batch: it must not be used.
 */
export function batchMaker(recipe: BatchRecipe): MakeBatch {
  const { imageSize, inChannels } = recipe.format;
  const size = inChannels * imageSize ** 2;
  const render = imageRenderer(recipe.format);
  return async (indices, signal) => {
    const images = new Float32Array(indices.length * size);
    const error = await firstError(indices.length, signal, (position) => {
      const target = images.subarray(position * size, (position + 1) * size);
      return renderOne(recipe, render, indices[position] ?? 0, target);
    });
    if (error !== null) return left(error);
    const shape = [indices.length, inChannels, imageSize, imageSize] as const;
    const labels = labelsOf(recipe.source, indices);
    return right({ shape, images, indices, labels });
  };
}
