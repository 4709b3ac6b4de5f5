/**
 * Image files made byte by byte: honest ones that no encoder at hand writes, and such
 * that ask for far more than they are.
 *
 * @module
 */
import { crc32, deflateSync } from "node:zlib";
import { joined } from "../../data/decode/headers/image_header.ts";

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** Characters of Latin-1 as bytes. */
export const latin = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(text, (character) => character.charCodeAt(0));

const big = (value: number): Uint8Array =>
  Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);

const little = (value: number, bytes: 2 | 4): number[] =>
  [value, value >>> 8, value >>> 16, value >>> 24].slice(0, bytes)
    .map((byte) => byte & 255);

/** A chunk of a PNG file. */
export function chunk(type: string, content: Uint8Array): Uint8Array {
  const body = joined([latin(type), content]);
  return joined([big(content.length), body, big(crc32(body))]);
}

/** What a PNG file says of its pixels. */
export interface PngKind {
  readonly depth: 1 | 8 | 16;
  /** 0 grey, 2 colours, 6 colours and transparency. */
  readonly colours: 0 | 2 | 6;
  readonly isInterlaced: boolean;
}

/** One bit of grey a pixel: a file of some kilobytes, whatever it unpacks to. */
export const BITS: PngKind = { depth: 1, colours: 0, isInterlaced: false };

/** What costs most memory: 16 bits, four channels, rows in seven passes. */
export const DEEP: PngKind = { depth: 16, colours: 6, isInterlaced: true };

const CHANNELS = { 0: 1, 2: 3, 6: 4 } as const;

/** A black PNG file with chunks of any kind before its pixels. */
export function blackPng(
  width: number,
  height: number,
  { depth, colours, isInterlaced }: PngKind = BITS,
  ...before: readonly Uint8Array[]
): Uint8Array {
  const row = 1 + Math.ceil(width * CHANNELS[colours] * depth / 8);
  // Passes begin rows of their own, some bytes more.
  const rows = isInterlaced ? 2 * height + 16 : height;
  const kind = Uint8Array.of(depth, colours, 0, 0, isInterlaced ? 1 : 0);
  return joined([
    Uint8Array.from(SIGNATURE),
    chunk("IHDR", joined([big(width), big(height), kind])),
    ...before,
    chunk("IDAT", new Uint8Array(deflateSync(new Uint8Array(row * rows)))),
    chunk("IEND", new Uint8Array()),
  ]);
}

/** The header of a PNG file and nothing else. */
export const pngHead = (
  width: number,
  height: number,
  kind: PngKind,
): Uint8Array => {
  const { depth, colours, isInterlaced } = kind;
  const fields = Uint8Array.of(depth, colours, 0, 0, isInterlaced ? 1 : 0);
  return joined([
    Uint8Array.from(SIGNATURE),
    chunk("IHDR", joined([big(width), big(height), fields])),
  ]);
};

/** Files with a text that unpacks to a thousand times its size. */
export const textBomb = (bytes: number): Uint8Array =>
  chunk(
    "zTXt",
    joined([
      latin("k\0\0"),
      new Uint8Array(deflateSync(new Uint8Array(bytes))),
    ]),
  );

/** A GIF file of many pictures of one pixel on a screen. */
export function gifOf(
  pictures: number,
  width: number,
  height: number,
): Uint8Array {
  const picture = joined([
    latin("!\xf9\x04\x04\x01\0\0\0,\0\0\0\0\x01\0\x01\0\0"),
    latin("\x02\x02\x44\x01\0"),
  ]);
  return joined([
    latin("GIF89a"),
    Uint8Array.from([...little(width, 2), ...little(height, 2), 0x80, 0, 0]),
    latin("\x63\x63\x63\xff\xff\xff"),
    ...Array.from({ length: pictures }, () => picture),
    latin(";"),
  ]);
}

/** A field of a TIFF file: its number and value. */
export type TiffField = readonly [field: number, value: number];

/** A directory of a TIFF file with numbers of 32 bits. */
function directory(fields: readonly TiffField[], next: number): Uint8Array {
  return Uint8Array.from([
    ...little(fields.length, 2),
    ...fields.flatMap(([field, value]) => [
      ...little(field, 2),
      ...little(4, 2),
      ...little(1, 4),
      ...little(value, 4),
    ]),
    ...little(next, 4),
  ]);
}

/**
 * A grey TIFF file of 8 bits, a strip of one level, with fields more or instead.
 *
 * @param directories How many directories there are; each is like the first one.
 */
export function tiffOf(
  width: number,
  height: number,
  level: number,
  more: readonly TiffField[] = [],
  directories = 1,
): Uint8Array {
  const strip = new Uint8Array(width * height > 1e6 ? 100 : width * height)
    .fill(level);
  const fields = new Map<number, number>([
    ...[[256, width], [257, height], [258, 8], [259, 1], [262, 1]] as const,
    ...[[273, 8], [277, 1], [278, height], [279, strip.length]] as const,
    ...more,
  ]);
  const sorted = [...fields].sort(([a], [b]) => a - b);
  const size = directory(sorted, 0).length;
  const start = 8 + strip.length;
  return joined([
    latin("II*\0"),
    Uint8Array.from(little(start, 4)),
    strip,
    ...Array.from({ length: directories }, (_, i) => {
      const isLast = i === directories - 1;
      return directory(sorted, isLast ? 0 : start + size * (i + 1));
    }),
  ]);
}

/** Where a progressive JPEG file begins its last scan. */
function lastScan(bytes: Uint8Array): number {
  for (let at = bytes.length - 2; at > 0; at--) {
    if (bytes[at] === 0xff && bytes[at + 1] === 0xda) return at;
  }
  throw new Error("no scan");
}

/** A JPEG file with its last scan so many times more. */
export function withScans(bytes: Uint8Array, more: number): Uint8Array {
  const at = lastScan(bytes);
  const scan = bytes.subarray(at, -2);
  const scans = Array.from({ length: more }, () => scan);
  return joined([bytes.subarray(0, -2), ...scans, bytes.subarray(-2)]);
}

/** A JPEG file that says it has another size. */
export function withJpegSize(
  bytes: Uint8Array,
  width: number,
  height: number,
): Uint8Array {
  const copy = bytes.slice();
  const at = copy.findIndex((byte, i) =>
    byte === 0xff && [0xc0, 0xc2].includes(copy[i + 1] ?? 0)
  );
  copy.set([height >> 8, height & 255, width >> 8, width & 255], at + 5);
  return copy;
}

/** The file with all places of some bytes replaced. */
export function replaced(
  bytes: Uint8Array,
  found: readonly number[],
  by: readonly number[],
): Uint8Array {
  const copy = bytes.slice();
  for (let at = 0; at + found.length <= copy.length; at++) {
    if (found.every((byte, i) => bytes[at + i] === byte)) copy.set(by, at);
  }
  return copy;
}
