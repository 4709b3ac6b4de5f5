/**
 * BMP files: Windows and OS/2 bitmaps.
 *
 * @see {@link https://learn.microsoft.com/en-us/windows/win32/gdi/bitmap-storage}
 */
import { left, type Result, right } from "../../core/mod.ts";
import type { RawImage, Size } from "../image/raw_image.ts";

/** Storage of pixels. */
const PLAIN = 0;
const RLE8 = 1;
const RLE4 = 2;
const MASKS = [3, 6];
const COMPRESSIONS: readonly (readonly number[])[] = [
  [PLAIN, 1],
  [PLAIN, 2],
  [PLAIN, 4],
  [PLAIN, 8],
  [PLAIN, 16],
  [PLAIN, 24],
  [PLAIN, 32],
  [RLE8, 8],
  [RLE4, 4],
  ...MASKS.flatMap((masks) => [[masks, 16], [masks, 32]]),
];

/** A byte for each colour, red uppermost. */
const USUAL_MASKS: readonly number[] = [0xff0000, 0xff00, 0xff];

/** Length of the first header, and of the old and the usual second one. */
const FILE_HEADER = 14;
const OLD_HEADER = 12;
const USUAL_HEADER = 40;
const HEADERS = [OLD_HEADER, USUAL_HEADER, 52, 56, 64, 108, 124];

/** Contents of the headers. */
interface BmpHeader extends Size {
  readonly bits: number;
  readonly compression: number;
  /** True if the first row is the lowest, as it is unless the height is negative. */
  readonly isBottomUp: boolean;
  /** Start of the pixels, bytes. */
  readonly pixelsAt: number;
  readonly palette: Palette;
  /** Bits of red, green and blue in a pixel of 16 or 32 bits. */
  readonly masks: readonly number[];
}

/** Colours as blue, green, red and, in newer files, a byte without meaning. */
interface Palette {
  readonly at: number;
  readonly entry: 3 | 4;
  readonly colours: number;
}

/** Writes the colour of one stored value, if it has one. */
type Paint = (value: number, at: number) => boolean;

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function paletteOf(view: DataView, header: number, bits: number): Palette {
  const at = FILE_HEADER + header;
  const entry = header === OLD_HEADER ? 3 : 4;
  const stated = header >= USUAL_HEADER ? view.getUint32(46, true) : 0;
  const colours = bits > 8 ? 0 : Math.min(stated || 2 ** bits, 2 ** bits);
  const end = Math.min(view.byteLength, view.getUint32(10, true));
  const room = Math.floor((end - at) / entry);
  return { at, entry, colours: Math.max(0, Math.min(colours, room)) };
}

/** The masks that stand behind the usual header, or those of old. */
function masksOf(
  view: DataView,
  bits: number,
  compression: number,
): readonly number[] {
  if (MASKS.includes(compression) && view.byteLength >= 66) {
    return [54, 58, 62].map((at) => view.getUint32(at, true));
  }
  return bits === 16 ? [0x7c00, 0x3e0, 0x1f] : USUAL_MASKS;
}

const isUsual = (masks: readonly number[]): boolean =>
  USUAL_MASKS.every((mask, c) => mask === masks[c]);

/** Fault of a header, or `null`. */
function headerFault(
  { width, height, bits, compression, masks, pixelsAt, palette }: BmpHeader,
  length: number,
): string | null {
  if (width < 1 || height < 1) return `a bitmap of ${width}×${height} pixels`;
  if (!COMPRESSIONS.some(([c, b]) => c === compression && b === bits)) {
    return `a bitmap of ${bits} bits in compression ${compression}`;
  }
  if (pixelsAt < palette.at) return "a bitmap with pixels in its header";
  if (pixelsAt >= length) return "a bitmap that is cut short before its pixels";
  const isWhole = masks.every((mask) => mask !== 0 && bitRun(mask) !== null);
  return isWhole ? null : "a bitmap with masks that have gaps or are empty";
}

function headerOf(bytes: Uint8Array): Result<string, BmpHeader> {
  const view = viewOf(bytes);
  if (bytes.length < FILE_HEADER + OLD_HEADER) {
    return left("a bitmap that is cut short in its header");
  }
  const header = view.getUint32(FILE_HEADER, true);
  if (!HEADERS.includes(header) || bytes.length < FILE_HEADER + header) {
    return left(`a bitmap with a header of ${header} bytes`);
  }
  const isOld = header === OLD_HEADER;
  const rows = isOld ? view.getUint16(20, true) : view.getInt32(22, true);
  const bits = view.getUint16(isOld ? 24 : 28, true);
  const compression = isOld ? PLAIN : view.getUint32(30, true);
  const found: BmpHeader = {
    width: isOld ? view.getUint16(18, true) : view.getInt32(18, true),
    height: Math.abs(rows),
    isBottomUp: rows > 0,
    bits,
    compression,
    pixelsAt: view.getUint32(10, true),
    palette: paletteOf(view, header, bits),
    masks: masksOf(view, bits, compression),
  };
  const fault = headerFault(found, bytes.length);
  return fault === null ? right(found) : left(fault);
}

/** Lowest bit and number of bits of a mask without gaps, else `null`. */
function bitRun(mask: number): readonly [number, number] | null {
  const low = 31 - Math.clz32(mask & -mask);
  const run = mask >>> low;
  return (run & (run + 1)) === 0 ? [low, 32 - Math.clz32(run)] : null;
}

/** Paints values of up to 8 bits by the palette. */
function paletteInk(
  bytes: Uint8Array,
  { at, entry, colours }: Palette,
  pixels: Uint8Array,
): Paint {
  return (value, to) => {
    if (value >= colours) return false;
    for (let c = 0; c < 3; c++) {
      pixels[to + c] = bytes[at + value * entry + 2 - c] ?? 0;
    }
    return true;
  };
}

/** Paints values of 16 to 32 bits by their masks, each brought to 8 bits. */
function maskInk(masks: readonly number[], pixels: Uint8Array): Paint {
  const runs = masks.map((mask) => bitRun(mask) ?? [0, 8] as const);
  const lows = runs.map(([low]) => low);
  const most = runs.map(([, count]) => 2 ** count - 1);
  return (value, to) => {
    for (let c = 0; c < 3; c++) {
      const full = most[c] ?? 1;
      const level = ((value >>> (lows[c] ?? 0)) & full) >>> 0;
      pixels[to + c] = Math.floor(level * 255 / full);
    }
    return true;
  };
}

/** Start of a row of the picture in the pixels. */
const rowAt = (
  { width, height, isBottomUp }: BmpHeader,
  row: number,
): number => 3 * width * (isBottomUp ? height - 1 - row : row);

/** Rows of pixels one after the other, each padded to four bytes. */
function paintRows(
  bytes: Uint8Array,
  header: BmpHeader,
  paint: Paint,
  pixels: Uint8Array,
): string | null {
  const { width, height, bits, masks, pixelsAt } = header;
  const stride = Math.ceil(width * bits / 32) * 4;
  const least = stride * (height - 1) + Math.ceil(width * bits / 8);
  if (bytes.length - pixelsAt < least) return "a bitmap that is cut short";
  const size = bits / 8;
  if (size >= 3 && isUsual(masks)) {
    return copyRows(bytes, header, stride, pixels);
  }
  const valueAt = (row: number, x: number): number => {
    if (size >= 1) return littleEndian(bytes, row + x * size, size);
    const shift = 8 - bits - (x * bits) % 8;
    const byte = bytes[row + ((x * bits) >> 3)] ?? 0;
    return (byte >> shift) & (2 ** bits - 1);
  };
  for (let y = 0; y < height; y++) {
    const [from, to] = [pixelsAt + y * stride, rowAt(header, y)];
    for (let x = 0; x < width; x++) {
      if (!paint(valueAt(from, x), to + 3 * x)) return OUTSIDE;
    }
  }
  return null;
}

/** Blue, green, red, and a fourth byte that is passed over. */
function copyRows(
  bytes: Uint8Array,
  header: BmpHeader,
  stride: number,
  pixels: Uint8Array,
): null {
  const { width, height, bits, pixelsAt } = header;
  const size = bits / 8;
  for (let y = 0; y < height; y++) {
    let [from, to] = [pixelsAt + y * stride, rowAt(header, y)];
    for (const end = to + 3 * width; to < end; to += 3, from += size) {
      pixels[to] = bytes[from + 2] ?? 0;
      pixels[to + 1] = bytes[from + 1] ?? 0;
      pixels[to + 2] = bytes[from] ?? 0;
    }
  }
  return null;
}

const OUTSIDE = "a bitmap with a colour that its palette does not have";

function littleEndian(bytes: Uint8Array, at: number, size: number): number {
  let value = 0;
  for (let i = size - 1; i >= 0; i--) {
    value = value * 256 + (bytes[at + i] ?? 0);
  }
  return value;
}

/** Runs of equal pixels; what no run reaches stays in the first colour of the palette. */
function paintRuns(
  bytes: Uint8Array,
  header: BmpHeader,
  paint: Paint,
): string | null {
  const { width, height, compression, pixelsAt } = header;
  const pair = (byte: number, i: number): number =>
    compression === RLE8 ? byte : i % 2 === 0 ? byte >> 4 : byte & 15;
  let [at, x, y] = [pixelsAt, 0, 0];
  const put = (value: number): string | null => {
    if (x >= width || y >= height) return "a bitmap with a run over its edge";
    return paint(value, rowAt(header, y) + 3 * x++) ? null : OUTSIDE;
  };
  while (at + 1 < bytes.length) {
    const [count = 0, code = 0] = bytes.subarray(at, at + 2);
    at += 2;
    if (count === 0 && code === 1) return null;
    if (count === 0 && code === 0) [x, y] = [0, y + 1];
    else if (count === 0 && code === 2) {
      [x, y] = [x + (bytes[at] ?? 0), y + (bytes[at + 1] ?? 0)];
      at += 2;
    } else {
      const isRun = count > 0;
      for (let i = 0; i < (isRun ? count : code); i++) {
        const step = compression === RLE8 ? i : i >> 1;
        const fault = put(pair(isRun ? code : bytes[at + step] ?? 0, i));
        if (fault !== null) return fault;
      }
      // Pixels that are listed fill whole pairs of bytes.
      const listed = compression === RLE8 ? code : (code + 1) >> 1;
      if (!isRun) at += listed + listed % 2;
    }
  }
  return "a bitmap that is cut short";
}

/** Width and height of a BMP file, from its header. */
export function sizeOfBmp(bytes: Uint8Array): Result<string, Size> {
  const header = headerOf(bytes);
  if (header._tag === "Left") return header;
  const { width, height } = header.right;
  return right({ width, height });
}

/**
 * Decodes a BMP file: 1, 2, 4 or 8 bits with a palette, plain or run-length coded,
 * 16, 24 or 32 bits, with or without masks. What is transparent shows the colour
 * that it hides.
 *
 * @param most Most pixels; memory is asked for only when it has no more.
 * @returns Colours, or what was found instead: a file that is cut short, too large,
 * of another kind (JPEG or PNG inside), a colour outside of the palette.
 */
export function decodeBmp(
  bytes: Uint8Array,
  most: number,
): Result<string, RawImage> {
  const found = headerOf(bytes);
  if (found._tag === "Left") return found;
  const header = found.right;
  const { width, height, bits, compression, palette, masks } = header;
  if (width * height > most) {
    return left(`${width}×${height} pixels, more than ${most}`);
  }
  const isCoded = compression === RLE8 || compression === RLE4;
  const least = isCoded ? 0 : height * Math.ceil(width * bits / 8);
  if (bytes.length < least) return left("a bitmap that is cut short");
  const pixels = new Uint8Array(3 * width * height);
  const paint = bits <= 8
    ? paletteInk(bytes, palette, pixels)
    : maskInk(masks, pixels);
  const fault = isCoded
    ? paintRuns(bytes, header, paint)
    : paintRows(bytes, header, paint, pixels);
  return fault === null
    ? right({ _tag: "RawImage", width, height, channels: 3, pixels })
    : left(fault);
}
