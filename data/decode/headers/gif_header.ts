/**
 * Headers of GIF files.
 *
 * @see {@link https://www.w3.org/Graphics/GIF/spec-gif89a.txt}
 */
import { joined, numbersOf, type ReadHeader } from "./image_header.ts";

/** Bytes of the signature and the screen, and of the description of a picture. */
const SCREEN_BYTES = 13;
const PICTURE_BYTES = 10;

/** First bytes of blocks, and the label of the extension that says what is transparent. */
const BLOCK = { extension: 0x21, picture: 0x2c, end: 0x3b, control: 0xf9 };

/** Bytes that a decoder holds for a pixel: a canvas in RGBA. */
const PIXEL_BYTES = 4;

/** Bytes of a table of colours, by the field that describes it. */
const tableBytes = (field: number): number =>
  field & 0x80 ? 3 * 2 ** ((field & 7) + 1) : 0;

/** The end of a chain of parts of at most 255 bytes; infinite where the file is cut short. */
function endOfParts(bytes: Uint8Array, start: number): number {
  for (let at = start; at < bytes.length;) {
    const length = bytes[at] ?? 0;
    at += 1 + length;
    if (length === 0) return at;
  }
  return Infinity;
}

/** The first picture, and what says which of its colours is transparent. */
function firstPicture(bytes: Uint8Array): {
  readonly control: Uint8Array;
  readonly at: number;
} {
  let control = new Uint8Array();
  let at = SCREEN_BYTES + tableBytes(bytes[10] ?? 0);
  while (bytes[at] === BLOCK.extension) {
    const end = endOfParts(bytes, at + 2);
    if (bytes[at + 1] === BLOCK.control) control = bytes.slice(at, end);
    at = end;
  }
  if (bytes[at] !== BLOCK.picture) {
    throw new Error("a GIF file without a picture");
  }
  return { control, at };
}

/** True if one of the colours is transparent. */
const hasTransparentColour = (control: Uint8Array): boolean =>
  ((control[3] ?? 0) & 1) !== 0;

/** Reads the header of a GIF file. All pictures but the first one are skipped. */
export const gifHeader: ReadHeader = (bytes) => {
  const file = numbersOf(bytes);
  const { control, at } = firstPicture(bytes);
  const [left, top, width, height] = [1, 3, 5, 7].map((field) =>
    file.getUint16(at + field, true)
  ) as [number, number, number, number];
  const screen = {
    width: Math.max(file.getUint16(6, true), left + width),
    height: Math.max(file.getUint16(8, true), top + height),
  };
  return {
    ...screen,
    kind: "GIF",
    decoderBytes: PIXEL_BYTES * screen.width * screen.height,
    passes: 1,
    hasAlpha: hasTransparentColour(control),
    picture: () => {
      const table = tableBytes(file.getUint8(at + 9));
      const end = endOfParts(bytes, at + PICTURE_BYTES + table + 1);
      if (end > bytes.length) return bytes;
      const start = SCREEN_BYTES + tableBytes(file.getUint8(10));
      return joined([
        bytes.subarray(0, start),
        control,
        bytes.subarray(at, end),
        Uint8Array.of(BLOCK.end),
      ]);
    },
  };
};
