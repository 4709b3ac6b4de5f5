import type {
  EncodedImage,
  RawImage,
  Size,
} from "../../../data/image/raw_image.ts";
import type { View } from "../../../data/transforms/view.ts";
import { resizeBicubic } from "./resize_bicubic.ts";
import {
  decodePrepared,
  prepareImage,
} from "../../../data/loader/render_image.ts";

/** The crop of a file in its wanted size. */
export async function decodeScaled(
  file: EncodedImage,
  viewAt: (size: Size) => View,
): Promise<RawImage> {
  const prepared = prepareImage(file, viewAt);
  using cropped = await decodePrepared(prepared, viewAt, "aside");
  const { view, image, box } = cropped;
  return resizeBicubic(image, box, view.scaled);
}
