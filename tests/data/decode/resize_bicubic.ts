import { resizedForNow } from "../../../data/decode/resample/bicubic.ts";
import {
  cutOut,
  type PixelBox,
  type RawImage,
  type Size,
  wholeOf,
} from "../../../data/image/raw_image.ts";

/** A part of an image, which may reach over its border, resized into memory of its own. */
export function resizeBicubic(
  image: RawImage,
  crop: PixelBox,
  size: Size,
): RawImage {
  const kept = cutOut(image, crop);
  const resized = resizedForNow(kept, wholeOf(kept), size);
  return { ...resized, pixels: resized.pixels.slice() };
}
