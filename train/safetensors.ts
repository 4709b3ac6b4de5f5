/**
 * The safetensors file format: 8 bytes of header length, a JSON header, raw
 * little-endian numbers.
 *
 * @module
 */
import {
  excerpt,
  left,
  type Result,
  right,
  type Shape,
  shown,
  sizeOf,
} from "../core/mod.ts";
import { duplicateKey } from "./duplicate_key.ts";
import { NUMBER_WIDTHS, type NumberKind, numbersOf } from "./number_kinds.ts";

/** Numbers of the kinds that are read and written. */
export type TensorData =
  | Float32Array
  | Float64Array
  | Int32Array
  | BigInt64Array
  | Uint8Array;

/** A tensor in main memory. */
export interface StoredTensor {
  /** Extents, outermost first. */
  readonly shape: Shape;
  /** Row-major numbers. */
  readonly data: TensorData;
}

/** What a safetensors file holds. */
export interface TensorFile {
  /** Free text by key. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Tensors by name. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

/** Why bytes are not a safetensors file. */
export interface FormatError {
  /** Discriminant. */
  readonly _tag: "NotSafetensors";
  /** What was found and what is wanted. */
  readonly reason: string;
}

/** A header of more bytes is refused, as by the format's own reader. */
const MAX_HEADER = 100_000_000;

/** Most axes of a tensor: PyTorch's own limit. */
const MOST_AXES = 64;

const kindOf = (data: TensorData): NumberKind =>
  data instanceof Float32Array
    ? "F32"
    : data instanceof Float64Array
    ? "F64"
    : data instanceof Int32Array
    ? "I32"
    : data instanceof BigInt64Array
    ? "I64"
    : "U8";

const refuse = (reason: string): Result<FormatError, never> =>
  left({ _tag: "NotSafetensors", reason });

/**
 * Bytes of a safetensors file.
 *
 * @param file Tensors and metadata.
 * @returns The whole file; the header is padded so that the numbers start at a multiple of 8.
 */
export function encodeSafetensors(file: TensorFile): Uint8Array<ArrayBuffer> {
  const entries: [string, unknown][] = [["__metadata__", file.metadata]];
  let end = 0;
  for (const [name, { shape, data }] of file.tensors) {
    const start = end;
    end += data.byteLength;
    // deno-lint-ignore camelcase -- the name is the format's
    const entry = { dtype: kindOf(data), shape, data_offsets: [start, end] };
    entries.push([name, entry]);
  }
  const text = JSON.stringify(Object.fromEntries(entries));
  const encoded = new TextEncoder().encode(text);
  const padded = Math.ceil(encoded.length / 8) * 8;
  const bytes = new Uint8Array(8 + padded + end).fill(0x20, 8, 8 + padded);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded), true);
  bytes.set(encoded, 8);
  let position = 8 + padded;
  for (const { data } of file.tensors.values()) {
    bytes.set(
      new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
      position,
    );
    position += data.byteLength;
  }
  return bytes;
}

/** One entry of the header, checked. */
interface Entry {
  readonly name: string;
  readonly kind: NumberKind;
  readonly shape: Shape;
  readonly start: number;
  readonly end: number;
}

const isRecord = (x: unknown): x is Record<string, unknown> =>
  typeof x === "object" && x !== null && !Array.isArray(x);

const isCounts = (x: unknown): x is readonly number[] =>
  Array.isArray(x) && x.length <= MOST_AXES &&
  x.every((count) => Number.isSafeInteger(count) && count >= 0);

/** What is wrong with the description of a tensor, or `null`. */
function entryFault(
  name: string,
  dtype: unknown,
  shape: unknown,
  offsets: unknown,
): string | null {
  const tensor = `tensor ${excerpt(name)}`;
  if (typeof dtype !== "string" || !Object.hasOwn(NUMBER_WIDTHS, dtype)) {
    const known = Object.keys(NUMBER_WIDTHS).join(", ");
    return `${tensor} has dtype ${shown(dtype)}, wanted one of ${known}`;
  }
  if (!isCounts(shape)) {
    return `${tensor} has shape ${
      shown(shape)
    }, wanted a list of at most ${MOST_AXES} counts`;
  }
  if (!isCounts(offsets) || offsets.length !== 2) {
    return `${tensor} has offsets ${shown(offsets)}, wanted [start, end]`;
  }
  const [start = 0, end = 0] = offsets;
  // A product of large counts may be infinite, and that times 0 is no number.
  const size = shape.includes(0) ? 0 : sizeOf(shape);
  const wanted = size * NUMBER_WIDTHS[dtype as NumberKind];
  return end - start === wanted
    ? null
    : `${tensor} has ${end - start} bytes, wanted ${wanted} for its shape`;
}

function readEntry(
  name: string,
  raw: unknown,
  available: number,
): Result<FormatError, Entry> {
  const { dtype, shape, data_offsets: offsets } = (raw ?? {}) as Record<
    string,
    unknown
  >;
  const fault = entryFault(name, dtype, shape, offsets);
  if (fault !== null) return refuse(fault);
  const [start, end] = offsets as [number, number];
  return end > available
    ? refuse(
      `the file is truncated: tensor ${
        excerpt(name)
      } ends at byte ${end}, there are ${available}`,
    )
    : right({
      name,
      kind: dtype as NumberKind,
      shape: shape as Shape,
      start,
      end,
    });
}

function parseHeader(
  bytes: Uint8Array,
): Result<FormatError, readonly [Record<string, unknown>, number]> {
  if (bytes.length < 8) {
    return refuse(`the file has ${bytes.length} bytes, wanted at least 8`);
  }
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(
    0,
    true,
  );
  if (length > BigInt(Math.min(MAX_HEADER, bytes.length - 8))) {
    return refuse(
      `the header claims ${length} bytes, the file has ${
        bytes.length - 8
      } after its length`,
    );
  }
  const end = 8 + Number(length);
  const header = headerOf(bytes.subarray(8, end));
  return header._tag === "Left" ? header : right([header.right, end]);
}

/** The object that the header is the text of. */
function headerOf(
  bytes: Uint8Array,
): Result<FormatError, Record<string, unknown>> {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    const header: unknown = JSON.parse(text);
    if (!isRecord(header)) return refuse("the header is not a JSON object");
    const twice = duplicateKey(text);
    return twice === null
      ? right(header)
      : refuse(`the header says ${excerpt(twice)} twice`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return refuse(`the header is not JSON: ${excerpt(reason)}`);
  }
}

/** Tensors must follow one another without holes or overlaps. */
function checkTiling(
  entries: readonly Entry[],
  available: number,
): string | null {
  let position = 0;
  for (
    const { name, start, end } of entries.toSorted((a, b) =>
      a.start - b.start || a.end - b.end
    )
  ) {
    if (start !== position) {
      return `tensor ${
        excerpt(name)
      } starts at byte ${start}, wanted ${position}`;
    }
    position = end;
  }
  return position === available
    ? null
    : `${available - position} bytes follow the last tensor`;
}

/**
 * Reads a safetensors file. Half-precision numbers (`F16`, `BF16`) become
 * `float32`, which holds them exactly.
 *
 * @param bytes The whole file.
 * @returns Its tensors, copied, or why the file cannot be trusted; never a part of it.
 */
export function decodeSafetensors(
  bytes: Uint8Array,
): Result<FormatError, TensorFile> {
  const parsed = parseHeader(bytes);
  if (parsed._tag === "Left") return parsed;
  const [header, dataStart] = parsed.right;
  const { __metadata__: metadata = {}, ...raw } = header;
  const entries: Entry[] = [];
  for (const [name, value] of Object.entries(raw)) {
    const entry = readEntry(name, value, bytes.length - dataStart);
    if (entry._tag === "Left") return entry;
    entries.push(entry.right);
  }
  const fault = checkTiling(entries, bytes.length - dataStart);
  if (fault !== null) return refuse(fault);
  if (
    !isRecord(metadata) ||
    !Object.values(metadata).every((value) => typeof value === "string")
  ) {
    return refuse("the metadata is not a record of texts");
  }
  const tensors = new Map(entries.map(({ name, kind, shape, start, end }) => {
    const part = bytes.subarray(dataStart + start, dataStart + end);
    return [name, { shape, data: numbersOf(kind, part) }];
  }));
  return right({ metadata: metadata as Record<string, string>, tensors });
}
