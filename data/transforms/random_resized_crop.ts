/** A random part of an image. */
import { type Augmentation, type Key, uniforms } from "../../core/mod.ts";
import type { PixelBox, Size } from "../image/raw_image.ts";

/** Lower and upper bound. */
type Range = CropRanges["scale"];

/** Ranges of the part's area and of its width over its height. */
export type CropRanges = Pick<Augmentation, "scale" | "ratio">;

/** Draws before the middle of the image is taken instead. */
const TRIES = 10;
/** A draw needs an area, a ratio, a row and a column. */
const NUMBERS_PER_TRY = 4;

const between = ([low, high]: Range, u: number): number =>
  low + (high - low) * u;

/** Size of one draw, whether or not it fits into the image. */
function drawnSize(
  image: Size,
  { scale, ratio: [low, high] }: CropRanges,
  area: number,
  shape: number,
): Size {
  const pixels = image.width * image.height * between(scale, area);
  const aspect = Math.exp(between([Math.log(low), Math.log(high)], shape));
  return {
    width: Math.round(Math.sqrt(pixels * aspect)),
    height: Math.round(Math.sqrt(pixels / aspect)),
  };
}

/** A box of that size, at one of the places that it has in the image. */
const placed = (
  image: Size,
  { width, height }: Size,
  row: number,
  column: number,
): PixelBox => ({
  left: Math.floor(column * (image.width - width + 1)),
  top: Math.floor(row * (image.height - height + 1)),
  width,
  height,
});

/** The box of one draw, or `null` if it does not fit into the image. */
function tryCrop(
  image: Size,
  ranges: CropRanges,
  [area = 0, shape = 0, row = 0, column = 0]: Float64Array,
): PixelBox | null {
  const size = drawnSize(image, ranges, area, shape);
  const { width, height } = size;
  const fits = width > 0 && width <= image.width &&
    height > 0 && height <= image.height;
  return fits ? placed(image, size, row, column) : null;
}

/** The largest box in the middle of the image whose ratio is allowed, at least a pixel. */
function centralCrop(image: Size, [low, high]: Range): PixelBox {
  const ratio = image.width / image.height;
  const width = ratio > high
    ? Math.max(1, Math.round(image.height * high))
    : image.width;
  const height = ratio < low
    ? Math.max(1, Math.round(image.width / low))
    : image.height;
  return {
    left: Math.floor((image.width - width) / 2),
    top: Math.floor((image.height - height) / 2),
    width,
    height,
  };
}

/**
 * The part of an image that RandomResizedCrop takes: an area uniform in
 * `scale`, a ratio uniform in `ratio` on the logarithmic scale, a place uniform
 * among those that fit. After ten draws that do not fit, the middle of the
 * image with the nearest allowed ratio.
 *
 * Total: the box always lies inside the image.
 *
 * @returns A box of at least one pixel.
 *
 * @see Szegedy et al., Going Deeper with Convolutions, 2015, section 6; the
 * rule in this form is that of torchvision.
 */
export function randomResizedCrop(
  key: Key,
  image: Size,
  ranges: CropRanges,
): PixelBox {
  const numbers = uniforms(key, TRIES * NUMBERS_PER_TRY);
  for (let at = 0; at < numbers.length; at += NUMBERS_PER_TRY) {
    const draw = numbers.subarray(at, at + NUMBERS_PER_TRY);
    const box = tryCrop(image, ranges, draw);
    if (box !== null) return box;
  }
  return centralCrop(image, ranges.ratio);
}

const within = (length: number, most: number): number =>
  Math.min(Math.max(length, 1), most);

/**
 * The part of an image that a single draw takes: as `randomResizedCrop`, but a side
 * that is longer than the image's is cut to it, so that there is nothing to retry. MAE
 * trains its linear probes on such crops.
 *
 * Total: the box always lies inside the image.
 *
 * @param ranges Allowed areas and ratios; where a side is cut, both may be left.
 * @see Grill et al., Bootstrap Your Own Latent, 2020, whose code crops so.
 */
export function singleTryCrop(
  key: Key,
  image: Size,
  ranges: CropRanges,
): PixelBox {
  const [area = 0, shape = 0, row = 0, column = 0] = uniforms(
    key,
    NUMBERS_PER_TRY,
  );
  const drawn = drawnSize(image, ranges, area, shape);
  const size = {
    width: within(drawn.width, image.width),
    height: within(drawn.height, image.height),
  };
  return placed(image, size, row, column);
}
