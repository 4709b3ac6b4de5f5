/** One image of a batch, and its substitute when it cannot be read. */
import {
  left,
  type Result,
  right,
  sampleKey,
  uniforms,
} from "../../core/mod.ts";
import { backgroundColour } from "../image/background.ts";
import type { ImageSource } from "../image/image_source.ts";
import type { EncodedImage, RawImage } from "../image/raw_image.ts";
import { DecoderMissing, WorkerLost } from "../report/blameless.ts";
import { type DataError, reasonOf } from "../report/data_error.ts";
import { viewBy, type ViewRule } from "../transforms/view.ts";
import type { PixelTarget } from "../transforms/write_view.ts";
import type { BadImagePolicy, BadImages } from "./bad_images.ts";
import type { ImageWorkers } from "./image_workers.ts";
import type { KeptImages } from "./kept_images.ts";
import type { MakeRenderer } from "./render_pixels.ts";

/** Common to all images of an iteration. */
export interface SampleRecipe {
  /** Source of the images. */
  readonly source: ImageSource;
  /** Transform, and rule by which views are chosen. */
  readonly rule: ViewRule;
  /** Policy for an image that cannot be read. */
  readonly onBadImage: BadImagePolicy;
  /** List of skipped images. */
  readonly badImages: BadImages;
  /** How images are made ready on this thread. */
  readonly renderer: MakeRenderer;
  /** Workers that make images ready; this thread by default. */
  readonly workers?: ImageWorkers | undefined;
  /** Pictures that stay decoded; none by default. */
  readonly kept?: KeptImages | undefined;
}

/** Index of the image that was loaded, `null` where there is none. */
export type LoadedIndex = number | null;

/** Writes an image, or its substitute, into its part of a batch. */
export type LoadSample = (
  index: number,
  target: PixelTarget,
) => Promise<Result<DataError, LoadedIndex>>;

/** Draws of a substitute image; at most one in a hundred draws is bad. */
const DRAWS = 32;

/**
 * The substitutes for an image that cannot be read, best first: drawn
 * from the key of the sample, so that they depend on seed, epoch and index alone.
 */
function replacements(
  rule: ViewRule,
  { length }: ImageSource,
  index: number,
): readonly number[] {
  if (!("seed" in rule)) return [];
  const key = sampleKey(rule.seed, rule.epoch, index, "replacement");
  return Array.from(uniforms(key, DRAWS), (u) => Math.floor(u * length));
}

/** The error of an exception met with an image, which is not to blame for workers and decoders. */
function errorOf(thrown: unknown, image: string): DataError {
  const reason = reasonOf(thrown);
  if (thrown instanceof WorkerLost) return { _tag: "WorkerLost", reason };
  return thrown instanceof DecoderMissing
    ? { _tag: "DecoderMissing", reason }
    : { _tag: "BadImage", image, reason };
}

/** A part of a batch that workers write into. */
function shared(target: PixelTarget): PixelTarget<SharedArrayBuffer> {
  const { buffer, byteOffset, length } = target;
  if (buffer instanceof SharedArrayBuffer) {
    return target instanceof Uint8Array
      ? new Uint8Array(buffer, byteOffset, length)
      : new Float32Array(buffer, byteOffset, length);
  }
  throw new TypeError("workers cannot write into memory that is not shared");
}

/** A function that tells an image file what colour lies behind it. */
function withBackground(
  { source, rule }: SampleRecipe,
): (image: RawImage | EncodedImage) => RawImage | EncodedImage {
  const { background: choice = "none" } = source;
  const background = backgroundColour(choice, rule.transform.normalization);
  return (image) =>
    image._tag === "RawImage" || background === null
      ? image
      : { ...image, background };
}

/** Reads an image, or has it from those that are kept. */
function reader(
  recipe: SampleRecipe,
): (index: number) => Promise<Result<DataError, RawImage | EncodedImage>> {
  const { source, kept } = recipe;
  const onto = withBackground(recipe);
  return async (index) => {
    const before = kept?.at(index) ?? null;
    if (before !== null) return right(before);
    const read = await source.read(index);
    if (read._tag === "Left") return read;
    const image = onto(read.right);
    return right(
      kept === undefined || image._tag === "RawImage"
        ? image
        : await kept.keep(index, image),
    );
  };
}

/** Reads and renders one image; whatever a source or decoder throws ends here. */
function readAndRender(
  recipe: SampleRecipe,
): (index: number, target: PixelTarget) => Promise<DataError | null> {
  const { source, rule, renderer, workers } = recipe;
  const render = renderer(rule.transform);
  const readImage = reader(recipe);
  return async (index, target) => {
    try {
      const read = await readImage(index);
      if (read._tag === "Left") return read.left;
      const { right: image } = read;
      await (workers === undefined
        ? render(image, viewBy(rule, index), target)
        : workers.render(image, rule, index, shared(target)));
      return null;
    } catch (thrown) {
      return errorOf(thrown, source.imageName(index));
    }
  };
}

/**
 * A function that loads images into a batch.
 *
 * An image that cannot be read is noted. In training another one stands in, with
 * the crop, flip and mask that it has anyway in this epoch; in evaluation the
 * place stays empty.
 */
export function sampleLoader(recipe: SampleRecipe): LoadSample {
  const { source, rule, onBadImage, badImages } = recipe;
  const render = readAndRender(recipe);
  return async (index, target) => {
    const error = await render(index, target);
    if (error === null) return right(index);
    let failed: { index: number; error: DataError } = { index, error };
    for (const other of [...replacements(rule, source, index), null]) {
      if (failed.error._tag !== "BadImage" || onBadImage === "fail") break;
      const { image, reason } = failed.error;
      const tooMany = badImages.note({ index: failed.index, image, reason });
      if (tooMany !== null) return left(tooMany);
      if (other === null) {
        return "seed" in rule ? left(failed.error) : right(null);
      }
      const next = await render(other, target);
      if (next === null) return right(other);
      failed = { index: other, error: next };
    }
    return left(failed.error);
  };
}
