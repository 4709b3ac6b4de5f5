import {
  type EncodedImage,
  type RawImage,
  resizeBicubic,
  type Size,
  type View,
} from "../../data/mod.ts";
import { decodeCrop } from "../../data/decode_image.ts";

/** The crop of a file in its wanted size. */
export async function decodeScaled(
  file: EncodedImage,
  viewAt: (size: Size) => View,
): Promise<RawImage> {
  const { view, image, box } = await decodeCrop(file, viewAt);
  return resizeBicubic(image, box, view.scaled);
}
