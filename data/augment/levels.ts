/** Operations that replace each of the 256 levels of an image by another one. */
import type { RawImage } from "../image/raw_image.ts";

/** The new level of each level. */
type LevelTable = Uint8Array;

const tableBy = (of: (level: number) => number): LevelTable =>
  // Writing to clamped memory clamps as PIL's tables do; it is read unclamped.
  new Uint8Array(
    Uint8ClampedArray.from({ length: 256 }, (_, i) => of(i)).buffer,
  );

const identity = (level: number): number => level;

/** The image with a table for each of its channels. */
function withTables(
  image: RawImage,
  tableOf: (channel: number) => LevelTable,
): RawImage {
  const { channels } = image;
  const pixels = new Uint8Array(image.pixels.length);
  for (let channel = 0; channel < channels; channel++) {
    const table = tableOf(channel);
    for (let at = channel; at < pixels.length; at += channels) {
      pixels[at] = table[image.pixels[at] ?? 0] ?? 0;
    }
  }
  return { ...image, pixels };
}

const withTable = (
  image: RawImage,
  of: (level: number) => number,
): RawImage => {
  const table = tableBy(of);
  return withTables(image, () => table);
};

/** Histogram of the levels of a channel. */
function histogram(
  { pixels, channels }: RawImage,
  channel: number,
): Int32Array {
  const counts = new Int32Array(256);
  for (let at = channel; at < pixels.length; at += channels) {
    const level = pixels[at] ?? 0;
    counts[level] = (counts[level] ?? 0) + 1;
  }
  return counts;
}

/**
 * Stretches each channel so that its darkest level becomes 0 and its brightest 255;
 * a channel of one level stays as it is.
 */
export function autoContrast(image: RawImage): RawImage {
  return withTables(image, (channel) => {
    const counts = histogram(image, channel);
    const low = counts.findIndex((count) => count > 0);
    const high = counts.findLastIndex((count) => count > 0);
    if (high <= low) return tableBy(identity);
    const scale = 255 / (high - low);
    const offset = -low * scale;
    return tableBy((level) => Math.trunc(level * scale + offset));
  });
}

/** Levels such that those below take their share of the 256. */
function equalizingTable(counts: Int32Array): LevelTable {
  const used = counts.filter((count) => count > 0);
  const total = used.reduce((sum, count) => sum + count, 0);
  const step = Math.floor((total - (used.at(-1) ?? 0)) / 255);
  if (used.length <= 1 || step === 0) return tableBy(identity);
  let below = Math.floor(step / 2);
  return tableBy((level) => {
    const share = Math.floor(below / step);
    below += counts[level] ?? 0;
    return share;
  });
}

/**
 * Spreads the levels of each channel so that all occur about equally often; a channel
 * with hardly more than one level stays as it is.
 */
export function equalize(image: RawImage): RawImage {
  return withTables(
    image,
    (channel) => equalizingTable(histogram(image, channel)),
  );
}

/** Light for dark. */
export function invert(image: RawImage): RawImage {
  return withTable(image, (level) => 255 - level);
}

/**
 * Keeps the upper bits of every level.
 *
 * @param bits Number of bits, from 0 to 8.
 */
export function posterize(bits: number, image: RawImage): RawImage {
  const mask = 256 - 2 ** (8 - bits);
  return withTable(image, (level) => level & mask);
}

/**
 * Inverts the levels from a threshold on.
 *
 * @param threshold From 0, which inverts all, to 256, which inverts none.
 */
export function solarize(threshold: number, image: RawImage): RawImage {
  return withTable(image, (level) => level < threshold ? level : 255 - level);
}

/** Brightens the levels below 128, to 255 at most. */
export function solarizeAdd(add: number, image: RawImage): RawImage {
  return withTable(image, (level) => level < 128 ? level + add : level);
}
