/**
 * Headers of JPEG files.
 *
 * @see {@link https://www.w3.org/Graphics/JPEG/itu-t81.pdf} B, compressed data formats
 */
import {
  type ImageHeader,
  keptParts,
  numbersOf,
  type Range,
  type ReadHeader,
} from "./image_header.ts";

const MARKER = 0xff;
const START_OF_SCAN = 0xda;
const END = 0xd9;

/** Segments that change how levels are read: JFIF, and Adobe's transform of colours. */
const COLOUR_SEGMENTS: readonly number[] = [0xe0, 0xee];

/** Frames with several scans through all pixels: Huffman and arithmetic coding. */
const PROGRESSIVE: readonly number[] = [0xc2, 0xc6, 0xca, 0xce];

/** Bytes of a coefficient, and rows of a block. */
const COEFFICIENT_BYTES = 2;
const BLOCK = 8;

/** Blocks of rows that a decoder holds of each component while it goes down the picture. */
const ROWS_HELD = 8;

/** Bytes of a pixel of inks beside its three colours: four inks, and a copy to resize. */
export const INK_BYTES = 7;

/** Contents of a frame header. */
interface Frame {
  readonly width: number;
  readonly height: number;
  readonly components: number;
  /** Samples of all components for each pixel, `≥ 1` and `≤ components`. */
  readonly samples: number;
  readonly isProgressive: boolean;
}

/** True if a marker begins a frame: C0–CF without tables and reserved ones. */
const isFrame = (code: number): boolean =>
  code >= 0xc0 && code <= 0xcf && code !== 0xc4 && code !== 0xc8 &&
  code !== 0xcc;

/** True if no length follows a marker. */
const isAlone = (code: number): boolean =>
  code <= 1 || (code >= 0xd0 && code <= 0xd8);

/** True if a segment is metadata: for applications, or a comment. */
const isMetadata = (code: number): boolean =>
  code === 0xfe ||
  (code >= 0xe0 && code <= 0xef && !COLOUR_SEGMENTS.includes(code));

function readFrame(file: DataView, at: number, code: number): Frame {
  const components = file.getUint8(at + 7);
  const factors = Array.from({ length: components }, (_, c) => {
    const both = file.getUint8(at + 9 + 3 * c);
    return [Math.max(1, both >> 4), Math.max(1, both & 15)] as const;
  });
  const most = (axis: 0 | 1): number =>
    Math.max(...factors.map((factor) => factor[axis]));
  const whole = most(0) * most(1);
  return {
    width: file.getUint16(at + 5),
    height: file.getUint16(at + 3),
    components,
    samples: factors.reduce((sum, [h, v]) => sum + h * v, 0) / whole,
    isProgressive: PROGRESSIVE.includes(code),
  };
}

/**
 * Scans that begin at a place of a file or behind it.
 *
 * @param bytes The file; within a scan no level looks like the beginning of another.
 */
export function scansFrom(bytes: Uint8Array, from: number): number {
  let scans = 0;
  for (
    let at = bytes.indexOf(MARKER, from);
    at >= 0;
    at = bytes.indexOf(MARKER, at + 1)
  ) {
    if (bytes[at + 1] === START_OF_SCAN) scans++;
  }
  return scans;
}

/** A marker before the first scan, and what belongs to it. */
interface Segment {
  readonly code: number;
  /** Start of the marker, start and end of its content. */
  readonly start: number;
  readonly content: number;
  readonly end: number;
}

/** Markers with a content up to the first scan, which is the last of them. */
function* segmentsOf(bytes: Uint8Array): Generator<Segment> {
  const file = numbersOf(bytes);
  for (let at = 2;;) {
    at = bytes.indexOf(MARKER, at);
    if (at < 0) throw new RangeError("no scan");
    const start = at;
    while (bytes[at] === MARKER) at++;
    const code = file.getUint8(at++);
    if (isAlone(code)) continue;
    if (code === END) throw new Error("a JPEG file without a picture");
    const end = at + file.getUint16(at);
    yield { code, start, content: at, end };
    if (code === START_OF_SCAN) return;
    at = end;
  }
}

/** Kept parts of a file: all but metadata. */
function* pictureParts(bytes: Uint8Array): Generator<Range> {
  let from = 0;
  for (const { code, start, end } of segmentsOf(bytes)) {
    if (!isMetadata(code)) continue;
    yield [from, start];
    from = end;
  }
  yield [from, bytes.length];
}

function headerOf(
  bytes: Uint8Array,
  { width, height, components, samples, isProgressive }: Frame,
  scan: Segment,
): ImageHeader {
  const ofScan = bytes[scan.content + 2] ?? 0;
  const isInParts = isProgressive || ofScan < components;
  const scans = isInParts ? scansFrom(bytes, scan.start) : 1;
  const across = BLOCK * Math.ceil(width / BLOCK / 4) * 4;
  const down = BLOCK * Math.ceil(height / BLOCK / 4) * 4;
  const coefficients = isInParts
    ? COEFFICIENT_BYTES * samples * across * down
    : 0;
  const rows = COEFFICIENT_BYTES * BLOCK * ROWS_HELD * across * components;
  const inks = components === 4 ? INK_BYTES * width * height : 0;
  return {
    width,
    height,
    kind: isInParts ? `JPEG in ${scans} scans` : "JPEG",
    decoderBytes: Math.max(coefficients, inks) + rows,
    passes: Math.max(1, scans),
    hasAlpha: false,
    picture: () => keptParts(bytes, () => pictureParts(bytes)),
  };
}

/**
 * Reads the header of a JPEG file, up to its first scan. Scans are counted where a
 * decoder goes through all of them: each costs a pass, and takes few bytes of a file.
 */
export const jpegHeader: ReadHeader = (bytes) => {
  const file = numbersOf(bytes);
  let frame: Frame | null = null;
  for (const segment of segmentsOf(bytes)) {
    const { code, content } = segment;
    if (isFrame(code)) frame = readFrame(file, content, code);
    if (code !== START_OF_SCAN) continue;
    if (frame === null) throw new Error("a JPEG file without a frame");
    return headerOf(bytes, frame, segment);
  }
  throw new RangeError("no scan");
};
