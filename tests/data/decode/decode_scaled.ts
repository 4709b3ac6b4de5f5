import {
  type EncodedImage,
  type RawImage,
  resizeBicubic,
  type Size,
  type View,
} from "../../../data/mod.ts";
import { decodeCrop } from "../../../data/decode/decode_image.ts";

/** The crop of a file in its wanted size. */
export async function decodeScaled(
  file: EncodedImage,
  viewAt: (size: Size) => View,
): Promise<RawImage> {
  const images: RawImage[] = [];
  await decodeCrop(file, viewAt, ({ view, image, box }) => {
    images.push(resizeBicubic(image, box, view.scaled));
  });
  const [image] = images;
  if (image === undefined) throw new Error("no pixels were shown");
  return image;
}
