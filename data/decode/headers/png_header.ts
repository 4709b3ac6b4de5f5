/**
 * Headers of PNG files.
 *
 * @see {@link https://www.w3.org/TR/png-3/} 5, datastream structure
 */
import {
  charactersAt,
  keptParts,
  numbersOf,
  type Range,
  type ReadHeader,
} from "./image_header.ts";

/** Bytes of the signature, and of a chunk beside its content. */
const SIGNATURE_BYTES = 8;
const CHUNK_BYTES = 12;

/** Places of the fields of the first chunk. */
const HEADER = { width: 16, height: 20, depth: 24, colours: 25, interlace: 28 };

/** Channels by the type of colours; palettes are given as colours. */
const CHANNELS: ReadonlyMap<number, number> = new Map([
  [0, 1],
  [2, 3],
  [3, 3],
  [4, 2],
  [6, 4],
]);

/** Rows that are held of a picture that comes row by row: filters look back by one. */
const ROWS_HELD = 16;

/** The one ancillary chunk that changes the kind of the pixels. */
const TRANSPARENCY = "tRNS";

/** True if a chunk is ancillary, by the rule for its name, and metadata. */
const isMetadata = (name: string): boolean =>
  /^[a-z]/.test(name) && name !== TRANSPARENCY;

/** Kept parts of a file; its last chunk ends with the file at the latest. */
function* pictureParts(bytes: Uint8Array): Generator<Range> {
  const file = numbersOf(bytes);
  yield [0, SIGNATURE_BYTES];
  for (let at = SIGNATURE_BYTES; at + 8 <= bytes.length;) {
    const end = Math.min(bytes.length, at + CHUNK_BYTES + file.getUint32(at));
    const name = charactersAt(bytes, at + 4, 4);
    if (!isMetadata(name)) yield [at, end];
    if (name === "IEND") return;
    at = end;
  }
}

/** True if there is an alpha channel, or a chunk before the pixels that stands for one. */
function hasAlpha(bytes: Uint8Array, channels: number): boolean {
  if (channels % 2 === 0) return true;
  const file = numbersOf(bytes);
  for (let at = SIGNATURE_BYTES; at + 8 <= bytes.length;) {
    const name = charactersAt(bytes, at + 4, 4);
    if (name === TRANSPARENCY) return true;
    if (name === "IDAT") return false;
    at += CHUNK_BYTES + file.getUint32(at);
  }
  return false;
}

/**
 * Reads the header of a PNG file. Texts, profiles and further pictures are skipped:
 * they may be bombs of their own.
 */
export const pngHeader: ReadHeader = (bytes) => {
  const file = numbersOf(bytes);
  if (charactersAt(bytes, 12, 4) !== "IHDR") {
    throw new Error("a PNG file that does not begin with its header");
  }
  const [width, height] = [
    file.getUint32(HEADER.width),
    file.getUint32(HEADER.height),
  ];
  const colours = file.getUint8(HEADER.colours);
  const depth = file.getUint8(HEADER.depth);
  const isInterlaced = file.getUint8(HEADER.interlace) !== 0;
  const channels = CHANNELS.get(colours);
  if (channels === undefined) {
    throw new Error(`a PNG file of colour type ${colours}`);
  }
  // A palette or one colour may be transparent: a channel more.
  const given = channels % 2 === 0 ? channels : channels + 1;
  const rowBytes = width * given * (depth === 16 ? 2 : 1);
  const rows = isInterlaced ? height + ROWS_HELD : ROWS_HELD;
  return {
    width,
    height,
    kind: `PNG of ${depth} bits${isInterlaced ? ", interlaced" : ""}`,
    decoderBytes: rowBytes * rows,
    passes: 1,
    hasAlpha: hasAlpha(bytes, channels),
    picture: () => keptParts(bytes, () => pictureParts(bytes)),
  };
};
