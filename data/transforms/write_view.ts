/** From decoded pixels to the numbers that the model sees. */
import { toGrey } from "../augment/enhance.ts";
import { applyPixelOp, type PixelOpContext } from "../augment/pixel_op.ts";
import { erase, type Erased } from "../augment/random_erasing.ts";
import { cutOut, type RawImage } from "../image/raw_image.ts";
import { normalizationFor } from "../image/normalization.ts";
import type { ImageFormat } from "./transform.ts";
import { resizedForNow } from "../decode/resample/bicubic.ts";
import type { CroppedView, View } from "./view.ts";

/** Pixels `[C, H, W]`: normalised numbers, or levels that stand for them. */
export type PixelTarget<Memory extends ArrayBufferLike = ArrayBufferLike> =
  | Float32Array<Memory>
  | Uint8Array<Memory>;

/**
 * Writes the view of an image into the part of a batch that is its own: numbers into
 * real numbers, levels into bytes.
 */
export type WriteView = (cropped: CroppedView, target: PixelTarget) => void;

const channelsOf = ({ inChannels }: Pick<ImageFormat, "inChannels">): 1 | 3 =>
  inChannels === 1 ? 1 : 3;

/**
 * The number of each of the 256 levels, for each channel: `(level / 255 − mean) /
 * deviation`, rounded to float32.
 */
export function levelTables(
  format: Pick<ImageFormat, "inChannels" | "normalization">,
): readonly Float32Array[] {
  const { mean, deviation } = normalizationFor(
    format.normalization,
    channelsOf(format),
  );
  return mean.map((m, c) =>
    Float32Array.from(
      { length: 256 },
      (_, level) => (level / 255 - m) / (deviation[c] ?? 1),
    )
  );
}

/** One channel of `[H, W, C]` levels to `[H, W]` levels. */
function copyChannel(
  { width, height, channels, pixels }: RawImage,
  channel: number,
  flip: boolean,
  target: Uint8Array,
): void {
  const step = flip ? -channels : channels;
  const start = channel + (flip ? (width - 1) * channels : 0);
  let to = 0;
  for (let y = 0; y < height; y++) {
    let from = y * width * channels + start;
    for (let x = 0; x < width; x++, from += step) target[to++] = pixels[from]!;
  }
}

/** One channel of `[H, W, C]` levels to `[H, W]` normalised numbers. */
function writeChannel(
  { width, height, channels, pixels }: RawImage,
  channel: number,
  flip: boolean,
  table: Float32Array,
  target: Float32Array,
): void {
  const step = flip ? -channels : channels;
  const start = channel + (flip ? (width - 1) * channels : 0);
  let to = 0;
  for (let y = 0; y < height; y++) {
    let from = y * width * channels + start;
    for (let x = 0; x < width; x++, from += step) {
      target[to++] = table[pixels[from] ?? 0] ?? 0;
    }
  }
}

/** `[H, W, C]` levels to `[C, H, W]` normalised numbers, or to the levels in that order. */
function writePixels(
  image: RawImage,
  flip: boolean,
  tables: readonly Float32Array[],
  target: PixelTarget,
): void {
  const area = image.width * image.height;
  tables.forEach((table, c) => {
    // A grey image shows its one channel in every channel that is wanted.
    const channel = image.channels === 1 ? 0 : c;
    const part = target.subarray(c * area, (c + 1) * area);
    if (part instanceof Uint8Array) copyChannel(image, channel, flip, part);
    else writeChannel(image, channel, flip, table, part);
  });
}

/** Noise is no level: there is none to write. */
function eraseIn(
  erased: Erased,
  size: RawImage,
  target: PixelTarget,
): void {
  if (target instanceof Uint8Array) {
    throw new TypeError("cannot erase with noise in an image of levels");
  }
  erase(erased, size, target);
}

/** Each row from right to left. */
function mirrored(image: RawImage): RawImage {
  const { width, height, channels } = image;
  const pixels = new Uint8Array(image.pixels.length);
  let to = 0;
  for (let y = 0; y < height; y++) {
    for (let x = width - 1; x >= 0; x--, to += channels) {
      const from = (y * width + x) * channels;
      pixels.set(image.pixels.subarray(from, from + channels), to);
    }
  }
  return { ...image, pixels };
}

/** Mirrors if need be, then does the operations; a view without any is done in writing. */
function operated(
  { normalization }: ImageFormat,
  { flip, ops, interpolation }: View,
  image: RawImage,
): RawImage {
  const { mean } = normalizationFor(normalization, image.channels);
  const fill = mean.map((part) => Math.min(255, Math.round(255 * part)));
  const context: PixelOpContext = { interpolation, fill };
  return ops.reduce(
    (done, op) => applyPixelOp(context, op, done),
    flip ? mirrored(image) : image,
  );
}

/**
 * A function from pixels to a model's input: it resizes, cuts out, mirrors,
 * operates on pixels, and writes `(level / 255 − mean) / deviation`, or the level alone
 * where the target holds bytes. Nothing waits in here: resized pixels are gone with the
 * next image.
 */
export function viewWriter(format: ImageFormat): WriteView {
  const channels = channelsOf(format);
  const tables = levelTables(format);
  return ({ view, image, box }, target) => {
    const seen = cutOut(resizedForNow(image, box, view.scaled), view.window);
    const shown = channels === 1 ? toGrey(seen) : seen;
    const isOperated = view.ops.length > 0;
    const done = isOperated ? operated(format, view, shown) : shown;
    writePixels(done, view.flip && !isOperated, tables, target);
    if (view.erased !== null) eraseIn(view.erased, done, target);
  };
}
