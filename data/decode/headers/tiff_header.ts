/**
 * Headers of TIFF files.
 *
 * @see {@link https://www.itu.int/itudoc/itu-t/com16/tiff-fx/docs/tiff6.pdf}
 */
import { numbersOf, type ReadHeader } from "./image_header.ts";
import { INK_BYTES, scansFrom } from "./jpeg_header.ts";

/** Fields of a directory that are looked at. */
const FIELD = {
  width: 256,
  height: 257,
  bits: 258,
  compression: 259,
  stripOffsets: 273,
  samples: 277,
  rowsPerStrip: 278,
  stripBytes: 279,
  planes: 284,
  tileWidth: 322,
  tileHeight: 323,
  tileOffsets: 324,
  tileBytes: 325,
  extraSamples: 338,
} as const;

const JPEG = 7;
const WEBP = 50_001;

/** Further samples of a pixel that are alpha: colours multiplied by it, and not. */
const ALPHA: readonly number[] = [1, 2];

/** Compressions that are decoded, as the format numbers them. */
const COMPRESSIONS: ReadonlyMap<number, string> = new Map([
  [1, "uncompressed"],
  [2, "CCITT"],
  [3, "CCITT"],
  [4, "CCITT"],
  [5, "LZW"],
  [JPEG, "JPEG"],
  [8, "Deflate"],
  [32_773, "PackBits"],
  [32_946, "Deflate"],
  [WEBP, "WebP"],
]);

/** Others that are known by name. */
const NOT_DECODED: ReadonlyMap<number, string> = new Map([
  [6, "old JPEG"],
  [34_712, "JPEG 2000"],
  [34_887, "LERC"],
  [34_925, "LZMA"],
  [50_000, "Zstandard"],
  [50_002, "JPEG XL"],
]);

/** Bytes of a number, by the type that the format gives it: 8, 16, 32 or 64 bits. */
const NUMBER_BYTES: ReadonlyMap<number, 1 | 2 | 4 | 8> = new Map([
  ...[1, 6].map((type) => [type, 1] as const),
  ...[3, 8].map((type) => [type, 2] as const),
  ...[4, 9, 13].map((type) => [type, 4] as const),
  ...[16, 17, 18].map((type) => [type, 8] as const),
]);

/** Strips or tiles are held as they are decoded and as they are given, and tiles of two rows. */
const BLOCKS_HELD = 3;

/** Higher strips are read row by row. */
const STRIP_ROWS = 128;

/** Bytes of coefficients and levels of a strip or tile of JPEG or WebP, for each sample. */
const PICTURE_BYTES = 3;

/** Most fields of a directory; real ones have some dozens. */
const MOST_ENTRIES = 65_535;

/** Most strips and tiles of a picture; each costs a decoder time and memory of its own. */
const MOST_BLOCKS = 2 ** 20;

/** The first directory of a file. */
interface Directory {
  /** The first numbers of a field, one unless told otherwise; none if it is not there. */
  readonly numbers: (field: number, most?: number) => readonly number[];
  /** Position of the pointer to the next directory, and its bytes. */
  readonly next: { readonly at: number; readonly bytes: 4 | 8 };
}

/** Numbers as the file orders their bytes; larger than 2⁵³ they are not exact. */
function readerOf(
  bytes: Uint8Array,
): (at: number, length: number) => number {
  const file = numbersOf(bytes);
  const isLittle = bytes[0] === 0x49;
  return (at, length) => {
    if (length === 1) return file.getUint8(at);
    if (length === 2) return file.getUint16(at, isLittle);
    if (length === 4) return file.getUint32(at, isLittle);
    return Number(file.getBigUint64(at, isLittle));
  };
}

function readDirectory(bytes: Uint8Array): Directory {
  const read = readerOf(bytes);
  const isBig = read(2, 2) === 43;
  const [word, countBytes, entryBytes] = isBig
    ? [8, 8, 20] as const
    : [4, 2, 12] as const;
  const start = read(isBig ? 8 : 4, word);
  const count = read(start, countBytes);
  const end = start + countBytes + count * entryBytes;
  if (count > MOST_ENTRIES || end > bytes.length) {
    throw new RangeError("a directory behind the end");
  }
  const entries = new Map<number, number>();
  for (let i = 0, at = start + countBytes; i < count; i++, at += entryBytes) {
    const field = read(at, 2);
    // A decoder goes by the first of several.
    if (!entries.has(field)) entries.set(field, at);
  }
  const numbers = (field: number, most = 1): readonly number[] => {
    const at = entries.get(field);
    if (at === undefined) return [];
    const width = NUMBER_BYTES.get(read(at + 2, 2));
    if (width === undefined) {
      throw new Error(`a TIFF file whose field ${field} is no whole number`);
    }
    const count = read(at + 4, word);
    const value = at + 4 + word;
    const from = count * width <= word ? value : read(value, word);
    const length = Math.min(count, most);
    return Array.from({ length }, (_, i) => read(from + i * width, width));
  };
  return { numbers, next: { at: end, bytes: word } };
}

/** Strips or tiles of a picture: their size in pixels, and how many there are. */
interface Blocks {
  readonly width: number;
  readonly height: number;
  readonly across: number;
  readonly count: number;
}

function blocksOf(
  { numbers }: Directory,
  size: { readonly width: number; readonly height: number },
  planes: number,
): Blocks {
  const [tileWidth] = numbers(FIELD.tileWidth);
  const [tileHeight] = numbers(FIELD.tileHeight);
  const [rows = size.height] = numbers(FIELD.rowsPerStrip);
  const width = Math.max(1, tileWidth ?? size.width);
  const height = Math.max(1, tileHeight ?? Math.min(rows, size.height));
  const across = Math.ceil(size.width / width);
  const count = across * Math.ceil(size.height / height) * planes;
  if (count > MOST_BLOCKS) {
    throw new Error(
      `a TIFF file in ${count} parts, wanted at most ${MOST_BLOCKS}`,
    );
  }
  return { width, height, across, count };
}

/** Passes over JPEG strips or tiles, all together. */
function jpegPasses(
  bytes: Uint8Array,
  { numbers }: Directory,
  blocks: Blocks,
): number {
  const isTiled = numbers(FIELD.tileWidth).length > 0;
  const all = (field: number) => numbers(field, blocks.count);
  const places = all(isTiled ? FIELD.tileOffsets : FIELD.stripOffsets);
  const lengths = all(isTiled ? FIELD.tileBytes : FIELD.stripBytes);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  if (total > bytes.length || places.length !== lengths.length) {
    throw new Error("a TIFF file whose parts lie upon each other");
  }
  const scans = places.reduce((sum, from, i) => {
    const part = bytes.subarray(from, from + (lengths[i] ?? 0));
    return sum + scansFrom(part, 0);
  }, 0);
  return Math.max(1, scans / blocks.count);
}

/** The file with its first picture alone; further ones are many in a bomb. */
function pictureOf(
  bytes: Uint8Array,
  { next }: Directory,
): Uint8Array {
  const place = bytes.subarray(next.at, next.at + next.bytes);
  if (place.every((byte) => byte === 0)) return bytes;
  const copy = bytes.slice();
  copy.fill(0, next.at, next.at + next.bytes);
  return copy;
}

/** Rows of strips or tiles that a decoder holds, all copies of them counted. */
function rowsHeld(
  { numbers }: Directory,
  { height, across }: Blocks,
  isPicture: boolean,
): number {
  const isTiled = numbers(FIELD.tileWidth).length > 0;
  const held = isTiled
    ? height * (BLOCKS_HELD + 2 * across)
    : BLOCKS_HELD * Math.min(height, STRIP_ROWS);
  // A picture of its own is decoded as a whole.
  return held + (isPicture ? PICTURE_BYTES * height : 0);
}

/** A compression in words, one of those that are decoded. */
function wordOf(compression: number): string {
  const word = COMPRESSIONS.get(compression);
  if (word !== undefined) return word;
  const found = NOT_DECODED.get(compression) ?? `the number ${compression}`;
  const wanted = [...new Set(COMPRESSIONS.values())].join(", ");
  throw new Error(
    `a TIFF file whose compression is ${found}, wanted one of: ${wanted}`,
  );
}

/** True if a sample behind grey or the colours says that it is alpha; others mean nothing. */
const hasAlpha = ({ numbers }: Directory, samples: number): boolean =>
  (samples === 2 || samples > 3) &&
  numbers(FIELD.extraSamples, samples).some((kind) => ALPHA.includes(kind));

/** Reads the header of a TIFF file, its first directory. */
export const tiffHeader: ReadHeader = (bytes) => {
  const directory = readDirectory(bytes);
  const { numbers } = directory;
  const [width = 0] = numbers(FIELD.width);
  const [height = 0] = numbers(FIELD.height);
  const [compression = 1] = numbers(FIELD.compression);
  const [samples = 1] = numbers(FIELD.samples);
  const bits = Math.max(8, ...numbers(FIELD.bits, samples));
  const word = wordOf(compression);
  const isApart = numbers(FIELD.planes)[0] === 2;
  const blocks = blocksOf(directory, { width, height }, isApart ? samples : 1);
  const isJpeg = compression === JPEG;
  const isPicture = isJpeg || compression === WEBP;
  const samplesHeld = blocks.width * rowsHeld(directory, blocks, isPicture);
  return {
    width,
    height,
    kind: `TIFF of ${samples} × ${bits} bits, ${word}`,
    decoderBytes: samples * bits / 8 * samplesHeld +
      (samples > 3 ? INK_BYTES * width * height : 0),
    passes: isJpeg ? jpegPasses(bytes, directory, blocks) : 1,
    hasAlpha: hasAlpha(directory, samples),
    picture: () => pictureOf(bytes, directory),
  };
};
