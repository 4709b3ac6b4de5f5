/**
 * Headers of WebP files.
 *
 * @see {@link https://developers.google.com/speed/webp/docs/riff_container}
 */
import {
  charactersAt,
  type ImageHeader,
  keptParts,
  numbersOf,
  type Range,
  type ReadHeader,
} from "./image_header.ts";

/** Bytes before the first chunk, and of a chunk before its content. */
const FILE_BYTES = 12;
const CHUNK_BYTES = 8;

/** Chunks of metadata: a colour profile and descriptions. */
const METADATA: readonly string[] = ["ICCP", "EXIF", "XMP "];

/** Of the first byte of `VP8X`: the file is transparent, the file is an animation. */
const KEPT_FLAGS = 0x12;
const ANIMATED = 0x02;
const TRANSPARENT = 0x10;

/** The bit behind the sizes of a picture without loss that says the same. */
const LOSSLESS_TRANSPARENT = 1 << 28;

/**
 * Bytes that a decoder holds for a pixel: what it gives in RGBA, without loss also the
 * colours before they are changed back; of an animation a canvas and a frame.
 */
const PIXEL_BYTES = { still: 8, animated: 16 };

/** Kept parts of an extended file: no metadata, nothing behind an animation's first picture. */
function* pictureParts(bytes: Uint8Array): Generator<Range> {
  const file = numbersOf(bytes);
  yield [0, FILE_BYTES];
  for (let at = FILE_BYTES; at + CHUNK_BYTES <= bytes.length;) {
    const length = file.getUint32(at + 4, true);
    const end = Math.min(bytes.length, at + CHUNK_BYTES + length + length % 2);
    const name = charactersAt(bytes, at, 4);
    if (!METADATA.includes(name)) yield [at, end];
    if (name === "ANMF") return;
    at = end;
  }
}

/** An extended file without metadata and with one picture, which says so itself. */
function pictureOf(bytes: Uint8Array): Uint8Array {
  const picture = keptParts(bytes, () => pictureParts(bytes));
  if (picture === bytes) return bytes;
  numbersOf(picture).setUint32(4, picture.length - 8, true);
  const flags = FILE_BYTES + CHUNK_BYTES;
  picture[flags] = (picture[flags] ?? 0) & KEPT_FLAGS;
  return picture;
}

/** Reads the header of a WebP file: with loss, without, or extended by further chunks. */
export const webpHeader: ReadHeader = (bytes) => {
  const file = numbersOf(bytes);
  const name = charactersAt(bytes, FILE_BYTES, 4);
  const start = FILE_BYTES + CHUNK_BYTES;
  const isAnimated = name === "VP8X" && (file.getUint8(start) & ANIMATED) !== 0;
  const header = (
    width: number,
    height: number,
    kind: string,
    hasAlpha: boolean,
    picture: () => Uint8Array = () => bytes,
  ): ImageHeader => {
    const each = isAnimated ? PIXEL_BYTES.animated : PIXEL_BYTES.still;
    const decoderBytes = each * width * height;
    const passes = 1;
    return { width, height, kind, decoderBytes, passes, hasAlpha, picture };
  };
  if (name === "VP8 ") {
    const [width, height] = [6, 8].map((at) =>
      file.getUint16(start + at, true) & 0x3fff
    );
    return header(width ?? 0, height ?? 0, "WebP", false);
  }
  if (name === "VP8L") {
    const sizes = file.getUint32(start + 1, true);
    const [width, height] = [sizes & 0x3fff, sizes >> 14 & 0x3fff];
    const hasAlpha = (sizes & LOSSLESS_TRANSPARENT) !== 0;
    return header(width + 1, height + 1, "WebP without loss", hasAlpha);
  }
  if (name !== "VP8X") {
    throw new Error(`a WebP file that begins with "${name}"`);
  }
  const [width, height] = [4, 7].map((at) =>
    1 + file.getUint16(start + at, true) +
    65_536 * file.getUint8(start + at + 2)
  );
  const kind = isAnimated ? "animated WebP" : "WebP";
  return header(
    width ?? 0,
    height ?? 0,
    kind,
    (file.getUint8(start) & TRANSPARENT) !== 0,
    () => pictureOf(bytes),
  );
};
