/**
 * Headers of AVIF files.
 *
 * @see {@link https://aomediacodec.github.io/av1-avif/} and ISO/IEC 23008-12, HEIF
 */
import { av1Stream, type Extent } from "./av1_stream.ts";
import { charactersAt, numbersOf, type ReadHeader } from "./image_header.ts";
import type { Size } from "../../image/raw_image.ts";

/** Items that pictures are made of: AV1 itself, and tiles side by side. */
const PICTURES: readonly string[] = ["av01", "grid"];

/**
 * Bytes that a decoder holds for a pixel: pictures of 16 bits in full colour that
 * others are predicted from, what they become, and transparency.
 */
const PIXEL_BYTES = 21;

/** A frame of AV1 costs as much time as so many passes through a JPEG. */
const FRAME_PASSES = 20;

/** Name of pictures that are the transparency of others. */
const ALPHA = "urn:mpeg:mpegB:cicp:systems:auxiliary:alpha";

/** Most boxes beside each other, and most items; pictures of many tiles have thousands. */
const MOST_ITEMS = 65_536;

/** Most pieces that an item lies in; real ones have one or two. */
const MOST_EXTENTS = 64;

/** A box of the file, and where its content lies. */
interface Box {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

/** Boxes in a part of the file. */
function boxesIn(bytes: Uint8Array, { start, end }: Box): readonly Box[] {
  const file = numbersOf(bytes);
  const boxes: Box[] = [];
  for (let at = start; at + 8 <= end;) {
    const short = file.getUint32(at);
    const isLong = short === 1;
    const size = isLong
      ? Number(file.getBigUint64(at + 8))
      : short === 0
      ? end - at
      : short;
    const content = at + (isLong ? 16 : 8);
    if (size < content - at || at + size > end) {
      throw new RangeError("a box behind the end");
    }
    const type = charactersAt(bytes, at + 4, 4);
    boxes.push({ type, start: content, end: at + size });
    if (boxes.length > MOST_ITEMS) throw new RangeError("boxes without end");
    at += size;
  }
  return boxes;
}

/** Reads numbers one behind the other. */
function fieldsOf(bytes: Uint8Array, start: number) {
  const file = numbersOf(bytes);
  let at = start;
  const take = (length: number): number => {
    at += length;
    if (length === 0) return 0;
    if (length === 1) return file.getUint8(at - 1);
    if (length === 2) return file.getUint16(at - 2);
    if (length === 4) return file.getUint32(at - 4);
    if (length === 8) return Number(file.getBigUint64(at - 8));
    throw new Error("an AVIF file with numbers of odd lengths");
  };
  return { take, place: () => at };
}

/** The one box of a type among others. */
function boxOf(boxes: readonly Box[], type: string): Box {
  const box = boxes.find((one) => one.type === type);
  if (box === undefined) throw new Error(`an AVIF file without "${type}"`);
  return box;
}

/** Places of the bytes of each item. */
function placesOf(
  bytes: Uint8Array,
  iloc: Box,
  idat: Box | undefined,
): ReadonlyMap<number, readonly Extent[]> {
  const { take } = fieldsOf(bytes, iloc.start);
  const version = take(4) >>> 24;
  const [sizes, more] = [take(1), take(1)];
  const [offsetBytes, lengthBytes] = [sizes >> 4, sizes & 15];
  const [baseBytes, indexBytes] = [more >> 4, version === 0 ? 0 : more & 15];
  const wide = version === 2 ? 4 : 2;
  const places = new Map<number, readonly Extent[]>();
  let left = take(wide);
  if (left > MOST_ITEMS) throw new RangeError("items without end");
  for (; left > 0; left--) {
    const id = take(wide);
    const method = version === 0 ? 0 : take(2) & 15;
    take(2);
    const base = take(baseBytes) + (method === 1 ? idat?.start ?? 0 : 0);
    const count = take(2);
    if (method > 1 || count > MOST_EXTENTS) {
      throw new Error("an AVIF file of items made of items or crumbs");
    }
    const extents = Array.from({ length: count }, () => {
      take(indexBytes);
      const at = base + take(offsetBytes);
      // Without a length an item goes on to the end of the file.
      const length = take(lengthBytes);
      return { at, length: length === 0 ? bytes.length - at : length };
    });
    places.set(id, extents);
  }
  return places;
}

/** The type of each item. */
function typesOf(
  bytes: Uint8Array,
  iinf: Box,
): ReadonlyMap<number, string> {
  const version = fieldsOf(bytes, iinf.start).take(4) >>> 24;
  const start = iinf.start + (version === 0 ? 6 : 8);
  return new Map(
    boxesIn(bytes, { ...iinf, start }).map((entry) => {
      const { take, place } = fieldsOf(bytes, entry.start);
      const id = take(take(4) >>> 24 === 3 ? 4 : 2);
      take(2);
      return [id, charactersAt(bytes, place(), 4)];
    }),
  );
}

/** Count of the tiles of pictures that are made of tiles; one may stand in many places. */
function tilesIn(bytes: Uint8Array, iref: Box | undefined): number {
  if (iref === undefined) return 0;
  const isWide = fieldsOf(bytes, iref.start).take(4) >>> 24 !== 0;
  return boxesIn(bytes, { ...iref, start: iref.start + 4 })
    .filter(({ type }) => type === "dimg")
    .reduce((sum, { start }) => {
      const { take } = fieldsOf(bytes, start);
      take(isWide ? 4 : 2);
      return sum + take(2);
    }, 0);
}

/** The largest size that any picture of the file has by its own word. */
function largestSize(bytes: Uint8Array, iprp: Box): Size {
  const sizes = boxesIn(bytes, boxOf(boxesIn(bytes, iprp), "ipco"))
    .filter(({ type }) => type === "ispe")
    .map(({ start }) => {
      const { take } = fieldsOf(bytes, start + 4);
      return { width: take(4), height: take(4) };
    });
  return sizes.reduce(
    (a, b) => a.width * a.height >= b.width * b.height ? a : b,
    { width: 0, height: 0 },
  );
}

/** True if one of the pictures is the transparency of another. */
const holdsAlpha = (bytes: Uint8Array, iprp: Box): boolean =>
  boxesIn(bytes, boxOf(boxesIn(bytes, iprp), "ipco"))
    .filter(({ type }) => type === "auxC")
    .some(({ start, end }) =>
      charactersAt(
        bytes,
        start + 4,
        Math.min(end - start - 4, ALPHA.length),
      ) ===
        ALPHA
    );

/** Pixels that are decoded altogether, of all AV1 pictures in all their places. */
function decodedPixels(
  bytes: Uint8Array,
  boxes: readonly Box[],
  { width, height }: Size,
): number {
  const types = typesOf(bytes, boxOf(boxes, "iinf"));
  const idat = boxes.find(({ type }) => type === "idat");
  const places = placesOf(bytes, boxOf(boxes, "iloc"), idat);
  const pictures = [...types].filter(([, type]) => type === "av01")
    .map(([id]) => places.get(id) ?? []);
  const total = pictures.flat().reduce((sum, { length }) => sum + length, 0);
  if (total > bytes.length) {
    throw new Error("an AVIF file whose parts lie upon each other");
  }
  const streams = pictures.map((extents) => av1Stream(bytes, extents));
  if (streams.some((one) => one.width > width || one.height > height)) {
    throw new Error("an AVIF file whose picture is larger than it says");
  }
  const tiles = tilesIn(bytes, boxes.find(({ type }) => type === "iref"));
  const ofTile = Math.max(
    0,
    ...streams.map((one) => one.width * one.height * one.frames),
  );
  return Math.max(streams.length, tiles) * ofTile;
}

/**
 * Reads the header of an AVIF file: the boxes that say how large its pictures are and
 * of which parts they consist, and the AV1 headers in these parts.
 */
export const avifHeader: ReadHeader = (bytes) => {
  const file: Box = { type: "", start: 0, end: bytes.length };
  const meta = boxOf(boxesIn(bytes, file), "meta");
  const boxes = boxesIn(bytes, { ...meta, start: meta.start + 4 });
  const pitm = boxOf(boxes, "pitm");
  const { take } = fieldsOf(bytes, pitm.start);
  const first = take(take(4) >>> 24 === 0 ? 2 : 4);
  const type = typesOf(bytes, boxOf(boxes, "iinf")).get(first) ?? "no item";
  if (!PICTURES.includes(type)) {
    throw new Error(`an AVIF file whose picture is "${type}"`);
  }
  const properties = boxOf(boxes, "iprp");
  const size = largestSize(bytes, properties);
  const pixels = size.width * size.height;
  return {
    ...size,
    kind: "AVIF",
    decoderBytes: PIXEL_BYTES * pixels,
    passes: FRAME_PASSES *
      Math.max(1, decodedPixels(bytes, boxes, size) / pixels),
    hasAlpha: holdsAlpha(bytes, properties),
    picture: () => bytes,
  };
};
