/** Formats of image files, by their first bytes. */
import { kindOfBytes } from "../../core/mod.ts";

/** A format that is decoded; `pnm` is PBM, PGM and PPM. */
export type ImageFileFormat =
  | "jpeg"
  | "png"
  | "webp"
  | "gif"
  | "tiff"
  | "avif"
  | "bmp"
  | "pnm";

/** The formats in words, for messages. */
export const IMAGE_FORMATS =
  "JPEG, PNG, WebP, GIF, TIFF, AVIF, BMP or PPM/PGM/PBM";

/** Suffixes that files of these formats go by, in small letters and without a dot. */
export const IMAGE_SUFFIXES: readonly string[] = [
  ...["jpg", "jpeg", "jpe", "jfif", "pjpeg", "pjp"],
  ...["png", "apng", "webp", "gif", "tif", "tiff", "avif"],
  ...["bmp", "dib", "ppm", "pgm", "pbm", "pnm"],
];

/** True if a name is that of an image file; upper case counts as lower case. */
export function isImageName(name: string): boolean {
  const dot = name.lastIndexOf(".");
  return dot >= 0 &&
    IMAGE_SUFFIXES.includes(name.slice(dot + 1).toLowerCase());
}

/** Bytes of an ISO media file that are looked at for its brands. */
const MOST_BRAND_BYTES = 256;

/** Lengths of the headers that follow the 14 first bytes of a BMP file. */
const BMP_HEADERS = [12, 16, 40, 52, 56, 64, 108, 124];

/** Bytes as characters of Latin-1. */
const text = (bytes: Uint8Array, from: number, to: number): string =>
  String.fromCharCode(...bytes.subarray(from, to));

const littleEndian = (bytes: Uint8Array, at: number): number =>
  [3, 2, 1, 0].reduce((sum, i) => sum * 256 + (bytes[at + i] ?? 0), 0);

/** True if the first box of an ISO media file names AVIF among its brands. */
function isAvif(bytes: Uint8Array): boolean {
  if (text(bytes, 4, 8) !== "ftyp") return false;
  const [a = 0, b = 0, c = 0, d = 0] = bytes;
  const size = ((a * 256 + b) * 256 + c) * 256 + d;
  const end = Math.min(size, bytes.length, MOST_BRAND_BYTES);
  for (let at = 8; at + 4 <= end; at += 4) {
    // The word at 12 is a version and no brand.
    if (at !== 12 && /^avi[fs]$/.test(text(bytes, at, at + 4))) return true;
  }
  return false;
}

/** True if bytes are the head of a bitmap rather than a text that begins with `BM`. */
const isBmp = (bytes: Uint8Array): boolean =>
  text(bytes, 0, 2) === "BM" && bytes.length >= 18 &&
  BMP_HEADERS.includes(littleEndian(bytes, 14));

const PNG = "\x89PNG\r\n\x1a\n";

const MAGIC: readonly (readonly [ImageFileFormat, RegExp])[] = [
  ["jpeg", /^\xff\xd8\xff/],
  ["gif", /^GIF8[79]a/],
  ["webp", /^RIFF[^]{4}WEBP/],
  ["tiff", /^(II[*+]\0|MM\0[*+])/],
  ["pnm", /^P[1-6][\s#]/],
];

/**
 * The format of an image file. Only the first bytes decide, whatever the name says.
 *
 * @param bytes The file, or at least its first 256 bytes where it has so many.
 * @returns The format, or `null` for everything that is not decoded.
 */
export function imageFormat(bytes: Uint8Array): ImageFileFormat | null {
  const head = text(bytes, 0, 16);
  if (head.startsWith(PNG)) return "png";
  const known = MAGIC.find(([, magic]) => magic.test(head));
  if (known !== undefined) return known[0];
  if (isBmp(bytes)) return "bmp";
  return isAvif(bytes) ? "avif" : null;
}

/**
 * Refuses what is no image of a format that is decoded, by its first bytes.
 *
 * @param bytes The file, or its first 512 bytes where it has more.
 * @throws With what was found instead.
 */
export function formatOf(bytes: Uint8Array): ImageFileFormat {
  const format = imageFormat(bytes);
  if (format !== null) return format;
  const found = kindOfBytes(bytes) ?? "unknown first bytes";
  throw new Error(`found ${found}, wanted a ${IMAGE_FORMATS} image`);
}
