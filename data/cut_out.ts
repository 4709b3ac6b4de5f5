/**
 * Parts of decoded images.
 *
 * @module
 */
import type { RawImage } from "./image_source.ts";
import type { PixelBox } from "./random_resized_crop.ts";

/**
 * Part of an image.
 *
 * @param image The image.
 * @param box Part of it; must lie inside.
 * @returns The pixels of the box; the image itself if the box holds all of it.
 */
export function cutOut(image: RawImage, box: PixelBox): RawImage {
  const { left, top, width, height } = box;
  if (width === image.width && height === image.height) return image;
  const row = width * image.channels;
  const pixels = new Uint8Array(height * row);
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * image.width + left) * image.channels;
    pixels.set(image.pixels.subarray(from, from + row), y * row);
  }
  return { ...image, width, height, pixels };
}
