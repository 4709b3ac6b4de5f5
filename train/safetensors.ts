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
import { readBytes, type Reading } from "./byte_reading.ts";
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

/** The bytes behind numbers, not copied. */
const bytesOf = ({ buffer, byteOffset, byteLength }: TensorData): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** Length and header, padded so that the numbers start at a multiple of 8. */
function encodeHeader({ metadata, tensors }: TensorFile): Uint8Array {
  const entries: [string, unknown][] = [["__metadata__", metadata]];
  let end = 0;
  for (const [name, { shape, data }] of tensors) {
    const start = end;
    end += data.byteLength;
    // deno-lint-ignore camelcase -- the name is the format's
    const entry = { dtype: kindOf(data), shape, data_offsets: [start, end] };
    entries.push([name, entry]);
  }
  const text = JSON.stringify(Object.fromEntries(entries));
  const encoded = new TextEncoder().encode(text);
  const padded = Math.ceil(encoded.length / 8) * 8;
  const header = new Uint8Array(8 + padded).fill(0x20, 8);
  new DataView(header.buffer).setBigUint64(0, BigInt(padded), true);
  header.set(encoded, 8);
  return header;
}

/**
 * A safetensors file in parts that follow one another: its header, then the numbers
 * of each tensor, which are not copied.
 *
 * @param file Tensors and metadata.
 */
export function safetensorsParts(file: TensorFile): readonly Uint8Array[] {
  return [
    encodeHeader(file),
    ...[...file.tensors.values()].map(({ data }) => bytesOf(data)),
  ];
}

/**
 * Bytes of a safetensors file.
 *
 * @param file Tensors and metadata.
 * @returns The whole file; the header is padded so that the numbers start at a multiple of 8.
 */
export function encodeSafetensors(file: TensorFile): Uint8Array<ArrayBuffer> {
  const parts = safetensorsParts(file);
  const bytes = new Uint8Array(parts.reduce((sum, x) => sum + x.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Names of kinds are short words. */
const LONGEST_DTYPE = 20;

/** Bytes of one number of kinds that the format has and that are not read here. */
const OTHER_WIDTHS: ReadonlyMap<string, number> = new Map([
  ["BOOL", 1],
  ["I8", 1],
  ["F8_E4M3", 1],
  ["F8_E5M2", 1],
  ["F8_E8M0", 1],
  ["I16", 2],
  ["U16", 2],
  ["U32", 4],
  ["U64", 8],
  ["C64", 8],
]);

/** One entry of the header, checked. */
interface Entry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: Shape;
  readonly start: number;
  readonly end: number;
}

const isRecord = (x: unknown): x is Record<string, unknown> =>
  typeof x === "object" && x !== null && !Array.isArray(x);

const isCounts = (x: unknown): x is readonly number[] =>
  Array.isArray(x) && x.length <= MOST_AXES &&
  x.every((count) => Number.isSafeInteger(count) && count >= 0);

const isKind = (dtype: string): dtype is NumberKind =>
  Object.hasOwn(NUMBER_WIDTHS, dtype);

function dtypeFault(name: string, dtype: unknown): string {
  const known = Object.keys(NUMBER_WIDTHS).join(", ");
  return `tensor ${excerpt(name)} has dtype ${
    shown(dtype)
  }, wanted one of ${known}`;
}

/** What is wrong with the description of a tensor, or `null`. */
function entryFault(
  name: string,
  dtype: unknown,
  shape: unknown,
  offsets: unknown,
): string | null {
  const tensor = `tensor ${excerpt(name)}`;
  if (typeof dtype !== "string" || dtype.length > LONGEST_DTYPE) {
    return dtypeFault(name, dtype);
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
  const width = isKind(dtype) ? NUMBER_WIDTHS[dtype] : OTHER_WIDTHS.get(dtype);
  const found = end - start;
  const wanted = width === undefined ? found : size * width;
  return found === wanted && found >= 0
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
      dtype: dtype as string,
      shape: shape as Shape,
      start,
      end,
    });
}

/** Reads the header: its object, and where the numbers begin. */
function* readHeader(
  size: number,
): Reading<Result<FormatError, readonly [Record<string, unknown>, number]>> {
  if (size < 8) return refuse(`the file has ${size} bytes, wanted at least 8`);
  const first = yield { start: 0, end: 8 };
  const length = new DataView(first.buffer, first.byteOffset).getBigUint64(
    0,
    true,
  );
  if (length > BigInt(Math.min(MAX_HEADER, size - 8))) {
    return refuse(
      `the header claims ${length} bytes, the file has ${
        size - 8
      } after its length`,
    );
  }
  const end = 8 + Number(length);
  const header = headerOf(yield { start: 8, end });
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

/** The entries in the order of their numbers, which must tile what is there. */
function tiled(
  entries: readonly Entry[],
  available: number,
): Result<FormatError, readonly Entry[]> {
  const ordered = entries.toSorted((a, b) =>
    a.start - b.start || a.end - b.end
  );
  let position = 0;
  for (const { name, start, end } of ordered) {
    if (start !== position) {
      return refuse(
        `tensor ${excerpt(name)} starts at byte ${start}, wanted ${position}`,
      );
    }
    position = end;
  }
  return position === available
    ? right(ordered)
    : refuse(`${available - position} bytes follow the last tensor`);
}

/** What a header says of the file, checked. */
interface Contents {
  readonly metadata: Readonly<Record<string, string>>;
  /** In the order of their numbers. */
  readonly entries: readonly Entry[];
  /** Names in the order of the header. */
  readonly names: readonly string[];
}

function contentsOf(
  header: Record<string, unknown>,
  available: number,
): Result<FormatError, Contents> {
  const { __metadata__: metadata = {}, ...raw } = header;
  const entries: Entry[] = [];
  for (const [name, value] of Object.entries(raw)) {
    const entry = readEntry(name, value, available);
    if (entry._tag === "Left") return entry;
    entries.push(entry.right);
  }
  const ordered = tiled(entries, available);
  if (ordered._tag === "Left") return ordered;
  return isRecord(metadata) &&
      Object.values(metadata).every((value) => typeof value === "string")
    ? right({
      metadata: metadata as Record<string, string>,
      entries: ordered.right,
      names: Object.keys(raw),
    })
    : refuse("the metadata is not a record of texts");
}

/** Reads the header and checks all that it says. */
function* readContents(
  size: number,
): Reading<Result<FormatError, readonly [Contents, from: number]>> {
  const header = yield* readHeader(size);
  if (header._tag === "Left") return header;
  const [object, from] = header.right;
  const contents = contentsOf(object, size - from);
  return contents._tag === "Left" ? contents : right([contents.right, from]);
}

/** Reads some of the tensors, in the order of their numbers; gives them in that of the header. */
function* readTensors(
  { entries, names }: Contents,
  from: number,
  isChosen: (name: string) => boolean,
): Reading<ReadonlyMap<string, StoredTensor>> {
  const read = new Map<string, StoredTensor>();
  for (const { name, dtype, shape, start, end } of entries) {
    if (!isKind(dtype) || !isChosen(name)) continue;
    const bytes = yield { start: from + start, end: from + end };
    read.set(name, { shape, data: numbersOf(dtype, bytes) });
  }
  return new Map(names.flatMap((name) => {
    const tensor = read.get(name);
    return tensor === undefined ? [] : [[name, tensor] as const];
  }));
}

/**
 * Reads a safetensors file from front to back, each byte once.
 *
 * @param size Bytes of the file.
 * @returns Its tensors, or why the file cannot be trusted; see `decodeSafetensors`.
 */
export function* safetensorsReading(
  size: number,
): Reading<Result<FormatError, TensorFile>> {
  const read = yield* readContents(size);
  if (read._tag === "Left") return read;
  const [contents, from] = read.right;
  const other = contents.entries.find(({ dtype }) => !isKind(dtype));
  if (other !== undefined) return refuse(dtypeFault(other.name, other.dtype));
  const tensors = yield* readTensors(contents, from, () => true);
  return right({ metadata: contents.metadata, tensors });
}

/**
 * Reads some of the tensors of a safetensors file, which may hold others of any kind.
 *
 * @param size Bytes of the file.
 * @param choose Told the shapes of all tensors that can be read; says which are.
 * @returns These, and the others in words, or why the file cannot be trusted.
 */
export function* chosenSafetensorsReading(
  size: number,
  choose: (
    shapes: ReadonlyMap<string, Shape>,
  ) => (name: string) => boolean,
): Reading<
  Result<
    FormatError,
    Pick<TensorFile, "tensors"> & {
      readonly unread: ReadonlyMap<string, string>;
    }
  >
> {
  const read = yield* readContents(size);
  if (read._tag === "Left") return read;
  const [contents, from] = read.right;
  const { entries } = contents;
  const shapes = entries.flatMap(({ name, dtype, shape }) =>
    isKind(dtype) ? [[name, shape] as const] : []
  );
  const isChosen = choose(new Map(shapes));
  const tensors = yield* readTensors(contents, from, isChosen);
  const unread = new Map(
    entries.filter(({ name }) => !tensors.has(name))
      .map((
        { name, dtype, shape },
      ) => [name, `${dtype} [${shape.join(", ")}]`]),
  );
  return right({ tensors, unread });
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
  return readBytes(bytes, safetensorsReading);
}
