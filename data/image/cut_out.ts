/**
 * Parts of decoded images.
 *
 * @module
 */
import type { RawImage } from "./image_source.ts";
import type { PixelBox } from "../transforms/random_resized_crop.ts";

/**
 * Part of an image.
 *
 * @param image The image.
 * @param box Part of it; what lies outside of the image is black.
 * @returns The pixels of the box; the image itself if the box holds all of it.
 */
export function cutOut(image: RawImage, box: PixelBox): RawImage {
  const { left, top, width, height } = box;
  if (
    left === 0 && top === 0 && width === image.width &&
    height === image.height
  ) return image;
  const row = width * image.channels;
  const pixels = new Uint8Array(height * row);
  const [first, last] = [
    Math.max(0, left),
    Math.min(image.width, left + width),
  ];
  const count = Math.max(0, last - first) * image.channels;
  const start = (first - left) * image.channels;
  for (let y = Math.max(0, -top); y < height && top + y < image.height; y++) {
    const from = ((top + y) * image.width + first) * image.channels;
    pixels.set(image.pixels.subarray(from, from + count), y * row + start);
  }
  return { ...image, width, height, pixels };
}
