/**
 * One image of a batch, and what stands in for it when it cannot be read.
 *
 * @module
 */
import {
  left,
  type Result,
  right,
  sampleKey,
  uniforms,
} from "../../core/mod.ts";
import type { BatchRecipe } from "./batch.ts";
import { type DataError, reasonOf } from "../report/data_error.ts";
import { DecoderMissing } from "../decode/decode_image.ts";
import type { ImageSource } from "../image/image_source.ts";
import { WorkerLost } from "./image_workers.ts";
import { imageRenderer } from "../transforms/render_image.ts";
import { viewBy, type ViewRule } from "../transforms/view_rule.ts";

/** Index of the image that is seen, `null` where there is none. */
export type ShownImage = number | null;

/** Writes an image, or the one that stands in for it, into its part of a batch. */
export type ShowImage = (
  index: number,
  target: Float32Array,
) => Promise<Result<DataError, ShownImage>>;

/** Draws of an image that stands in; at most one in a hundred draws is bad. */
const DRAWS = 32;

/**
 * The images that may stand in for one that cannot be read, best first: drawn
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

/** Reads and renders one image; whatever a source or decoder throws ends here. */
function renderOne(
  { source, rule, workers }: BatchRecipe,
): (index: number, target: Float32Array) => Promise<DataError | null> {
  const render = imageRenderer(rule.transform);
  return async (index, target) => {
    try {
      const image = await source.read(index);
      if (image._tag === "Left") return image.left;
      if (workers === undefined) {
        await render(image.right, viewBy(rule, index), target);
      } else await workers.render(image.right, rule, index, target);
      return null;
    } catch (thrown) {
      const reason = reasonOf(thrown);
      if (thrown instanceof WorkerLost) return { _tag: "WorkerLost", reason };
      return thrown instanceof DecoderMissing
        ? { _tag: "DecoderMissing", reason }
        : { _tag: "BadImage", image: source.imageName(index), reason };
    }
  };
}

/**
 * A function that writes images into a batch.
 *
 * An image that cannot be read is noted. In training another one stands in, with
 * the crop, flip and mask that it has anyway in this epoch; in evaluation the
 * place stays empty.
 *
 * @param recipe What all batches have in common.
 */
export function showImage(recipe: BatchRecipe): ShowImage {
  const { source, rule, onBadImage, badImages } = recipe;
  const render = renderOne(recipe);
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
