/**
 * Levels of PNG files as they are stored: grey levels or numbers of a palette's colours,
 * which decoders of pictures turn into colours.
 *
 * @see {@link https://www.w3.org/TR/png-3/} 7, reference image to PNG datastream
 */
import { inflateSync } from "node:zlib";
import type { Levels, Size } from "../image/raw_image.ts";
import { reasonOf } from "../report/data_error.ts";
import { charactersAt, joined, numbersOf } from "./headers/image_header.ts";
import { admitImage } from "./image_budget.ts";

/** Bytes of the signature, of the head of a chunk, and of a chunk beside its content. */
const SIGNATURE_BYTES = 8;
const CHUNK_HEAD = 8;
const CHUNK_BYTES = 12;

/** Kinds of pixels that are not numbers of classes, by their types. */
const OTHER_KINDS: Readonly<Record<number, string>> = {
  2: "colours",
  4: "grey levels with an alpha channel",
  6: "colours with an alpha channel",
};

/** A part of the rows and columns that is stored by itself. */
interface Pass {
  /** First column and row. */
  readonly from: readonly [x: number, y: number];
  /** Columns and rows from one to the next. */
  readonly by: readonly [x: number, y: number];
}

const ONE_PASS: readonly Pass[] = [{ from: [0, 0], by: [1, 1] }];

/** Passes of an interlaced file. */
const PASSES: readonly Pass[] = [
  { from: [0, 0], by: [8, 8] },
  { from: [4, 0], by: [8, 8] },
  { from: [0, 4], by: [4, 8] },
  { from: [2, 0], by: [4, 4] },
  { from: [0, 2], by: [2, 4] },
  { from: [1, 0], by: [2, 2] },
  { from: [0, 1], by: [1, 2] },
];

/** Bits of a level. */
const DEPTHS: readonly number[] = [1, 2, 4, 8];

/** Bits of a level and order of the rows. */
function formOf(bytes: Uint8Array): {
  readonly depth: number;
  readonly passes: readonly Pass[];
} {
  const [depth = 0, colours = 0, , , interlace = 0] = bytes.subarray(24);
  const found = OTHER_KINDS[colours] ??
    (DEPTHS.includes(depth) ? null : `levels of ${depth} bits`);
  if (found !== null) {
    throw new Error(
      `found a PNG file of ${found}, wanted grey levels or a palette, of 8 bits at most`,
    );
  }
  return { depth, passes: interlace === 0 ? ONE_PASS : PASSES };
}

/** The packed rows: the contents of all chunks of pixels, one behind the other. */
function packedRows(bytes: Uint8Array): Uint8Array {
  const file = numbersOf(bytes);
  const parts: Uint8Array[] = [];
  for (let at = SIGNATURE_BYTES; at + CHUNK_BYTES <= bytes.length;) {
    const length = file.getUint32(at);
    const from = at + CHUNK_HEAD;
    if (charactersAt(bytes, at + 4, 4) === "IDAT") {
      parts.push(bytes.subarray(from, from + length));
    }
    at += CHUNK_BYTES + length;
  }
  return joined(parts);
}

/** Bytes behind the last row that are overlooked, as other decoders do. */
const MOST_BEHIND = 2 ** 16;

/** The unpacked rows of a file, so many bytes. */
function rowsOf(bytes: Uint8Array, wanted: number): Uint8Array {
  let all: Uint8Array;
  try {
    const most = { maxOutputLength: wanted + MOST_BEHIND };
    all = inflateSync(packedRows(bytes), most);
  } catch (thrown) {
    throw new Error(`its rows are damaged: ${reasonOf(thrown)}`);
  }
  if (all.length >= wanted) return all;
  throw new Error(`found ${all.length} bytes of rows, wanted ${wanted}`);
}

/** Of the levels on the left, above, and left above the one that is nearest to `left + above − corner`. */
function nearestOf(left: number, above: number, corner: number): number {
  const [toLeft, toAbove] = [
    Math.abs(above - corner),
    Math.abs(left - corner),
  ];
  const toCorner = Math.abs(left + above - 2 * corner);
  if (toLeft <= toAbove && toLeft <= toCorner) return left;
  return toAbove <= toCorner ? above : corner;
}

/** What each filter foretells of a byte. */
const FORETOLD: readonly ((a: number, b: number, c: number) => number)[] = [
  () => 0,
  (left) => left,
  (_, above) => above,
  (left, above) => (left + above) >> 1,
  nearestOf,
];

/** Undoes the filters of rows, in place; each row is behind the number of its filter. */
function unfilter(rows: Uint8Array, stride: number): void {
  for (let row = 0; row < rows.length; row += stride) {
    const filter = rows[row] ?? 0;
    const foretold = FORETOLD[filter];
    if (foretold === undefined) {
      throw new Error(
        `found filter ${filter} of a row, wanted one from 0 to 4`,
      );
    }
    if (filter === 0) continue;
    for (let i = 1; i < stride; i++) {
      const at = row + i;
      const left = i > 1 ? rows[at - 1]! : 0;
      const above = row > 0 ? rows[at - stride]! : 0;
      const corner = i > 1 && row > 0 ? rows[at - stride - 1]! : 0;
      rows[at] = rows[at]! + foretold(left, above, corner);
    }
  }
}

/** Columns and rows of a pass, and bytes of its rows with the numbers of their filters. */
interface Extents {
  readonly columns: number;
  readonly rows: number;
  readonly stride: number;
}

function extentsOf(
  { width, height }: Size,
  { from, by }: Pass,
  depth: number,
): Extents {
  const count = (length: number, axis: 0 | 1): number =>
    Math.max(0, Math.ceil((length - from[axis]) / by[axis]));
  const [columns, rows] = [count(width, 0), count(height, 1)];
  const stride = columns === 0 ? 0 : 1 + Math.ceil(columns * depth / 8);
  return { columns, rows: columns === 0 ? 0 : rows, stride };
}

/** Writes the levels of a pass to their places. */
function spread(
  bytes: Uint8Array,
  { columns, rows, stride }: Extents,
  { from, by }: Pass,
  depth: number,
  { width, levels }: Levels,
): void {
  const [perByte, most] = [8 / depth, 2 ** depth - 1];
  for (let y = 0; y < rows; y++) {
    const to = (from[1] + y * by[1]) * width + from[0];
    const row = y * stride + 1;
    for (let x = 0; x < columns; x++) {
      const byte = bytes[row + Math.floor(x / perByte)]!;
      const shift = 8 - depth * (x % perByte + 1);
      levels[to + x * by[0]] = (byte >> shift) & most;
    }
  }
}

/**
 * Reads the levels of a PNG file: grey levels as they are stored, also of 1, 2 or 4 bits,
 * which other decoders spread over 0 to 255, or the numbers of a palette's colours.
 *
 * @param bytes The file.
 * @returns Its levels, from 0 to 255.
 * @throws What is wrong with the file: no PNG, colours, an alpha channel, 16 bits, damaged.
 */
export function decodeLevels(bytes: Uint8Array): Levels {
  const { format, header } = admitImage({ _tag: "EncodedImage", bytes });
  if (format !== "png") throw new Error(`found ${format}, wanted a PNG file`);
  const { width, height } = header;
  const { depth, passes } = formOf(bytes);
  const extents = passes.map((pass) => extentsOf(header, pass, depth));
  const wanted = extents.reduce((sum, one) => sum + one.rows * one.stride, 0);
  const all = rowsOf(bytes, wanted);
  const levels = new Uint8Array(width * height);
  let start = 0;
  for (const [k, pass] of passes.entries()) {
    const own = extents[k] ?? { columns: 0, rows: 0, stride: 0 };
    const end = start + own.rows * own.stride;
    const rows = all.subarray(start, end);
    unfilter(rows, own.stride);
    spread(rows, own, pass, depth, { width, height, levels });
    start = end;
  }
  return { width, height, levels };
}
