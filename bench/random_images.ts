/** Images for measuring: random pixels, decoded already. */
import { type Key, right, rootKey, split, uniforms } from "../core/mod.ts";
import { IMAGENET_NORMALIZATION, type ImageSource } from "../data/mod.ts";

const KEY: Key = rootKey(0);

/**
 * Square images of random pixels. Speed does not depend on what they show.
 *
 * @param length Number of them.
 * @param side Pixels along one side.
 * @param channels 1 or 3.
 */
export function randomImages(
  length: number,
  side: number,
  channels: 1 | 3,
): ImageSource {
  const pixelsOf = (index: number): Uint8Array =>
    Uint8Array.from(
      uniforms(split(KEY, index), channels * side ** 2),
      (value) => 256 * value,
    );
  const images = Array.from({ length }, (_, index) => pixelsOf(index));
  return {
    name: "random pixels",
    summary: `${length} images of random pixels`,
    length,
    classNames: null,
    normalization: IMAGENET_NORMALIZATION,
    label: () => null,
    imageName: (index) => `random image ${index}`,
    read: (index) => {
      const pixels = images[index] ?? new Uint8Array();
      return Promise.resolve(
        right({
          _tag: "RawImage",
          width: side,
          height: side,
          channels,
          pixels,
        }),
      );
    },
  };
}
