/** The masks of a source as an evaluation sees them. */
import { left, type Result, right } from "../../core/mod.ts";
import { admitImage } from "../decode/image_budget.ts";
import type { ImageSource } from "../image/image_source.ts";
import {
  type EncodedImage,
  type ImageMask,
  isSameSize,
  type RawImage,
  type Size,
} from "../image/raw_image.ts";
import {
  badFile,
  badImage,
  type DataError,
  reasonOf,
} from "../report/data_error.ts";
import { nearestLevels } from "../transforms/nearest_view.ts";
import type { EvalTransform } from "../transforms/transform.ts";
import { evalView } from "../transforms/view.ts";

/** What the pixels of one image show. */
export interface SeenMask {
  /** The image, in `[0, length)` of its source. */
  readonly index: number;
  /** Name of the mask for messages. */
  readonly name: string;
  /**
   * Numbers of the pixels that the model sees, `[S, S]` row-major; or why the image or its
   * mask cannot be read: one of many does not keep the others away.
   */
  readonly levels: Result<string, Uint8Array>;
}

/** The part of the images that an evaluation sees. */
export type MaskView = Pick<EvalTransform, "imageSize" | "resizeSize">;

/** Size of an image, by its header where it is a file. */
function sizeOf(image: RawImage | EncodedImage): Size {
  if (image._tag === "RawImage") return image;
  return admitImage(image).header;
}

/** Size of an image and its mask; whatever is thrown on the way ends here. */
async function sizeAndMask(
  source: ImageSource,
  index: number,
): Promise<
  Result<DataError, { readonly size: Size; readonly mask: ImageMask }>
> {
  const name = source.imageName(index);
  try {
    const image = await source.read(index);
    if (image._tag === "Left") return image;
    const size = sizeOf(image.right);
    const mask = await source.mask?.(index) ?? badImage(name, "it has no mask");
    return mask._tag === "Left" ? mask : right({ size, mask: mask.right });
  } catch (thrown) {
    return badImage(name, reasonOf(thrown));
  }
}

/** A size in words. */
const inWords = ({ width, height }: Size): string => `${width}×${height}`;

async function seen(
  source: ImageSource,
  transform: MaskView,
  index: number,
): Promise<Result<DataError, SeenMask>> {
  const read = await sizeAndMask(source, index);
  if (read._tag === "Left") {
    if (read.left._tag !== "BadImage") return read;
    const { image: name, reason } = read.left;
    return right({ index, name, levels: left(reason) });
  }
  const { size, mask } = read.right;
  const { name } = mask;
  if (!isSameSize(size, mask)) {
    return badFile(
      name,
      `a mask of ${inWords(mask)} pixels`,
      `${inWords(size)}, as ${source.imageName(index)} has`,
    );
  }
  const levels = right(nearestLevels(mask, evalView(transform, size)));
  return right({ index, name, levels });
}

/** Masks that are on their way at the same time. */
const IN_FLIGHT = 8;

/**
 * Goes through the masks of a source, each as an evaluation sees its image: resized and
 * cut out alike, but by nearest neighbour.
 *
 * @param source Images with masks.
 * @param transform Side of the images, and length of the shorter side before the middle is
 * cut out, at least as long, as in the transform of the images (`evalTransform`).
 * @returns Masks in the order of the source, or the error that ends them: a mask of another
 * size than its image, by name.
 */
export async function* seenMasks(
  source: ImageSource,
  transform: MaskView,
): AsyncGenerator<Result<DataError, SeenMask>, void> {
  for (let from = 0; from < source.length; from += IN_FLIGHT) {
    const count = Math.min(IN_FLIGHT, source.length - from);
    const some = await Promise.all(
      Array.from(
        { length: count },
        (_, i) => seen(source, transform, from + i),
      ),
    );
    for (const one of some) {
      yield one;
      if (one._tag === "Left") return;
    }
  }
}
