/** The header of a safetensors file: which tensors it says there are, checked. */
import {
  excerpt,
  left,
  type Result,
  right,
  type Shape,
  shown,
  sizeOf,
} from "../../core/mod.ts";
import type { Reading } from "./byte_reading.ts";
import { NUMBER_WIDTHS, type NumberKind } from "./tensor_data.ts";

/** Why bytes are not a safetensors file. */
export interface FormatError {
  /** Discriminant. */
  readonly _tag: "NotSafetensors";
  /** Found and wanted content. */
  readonly reason: string;
}

/** A header of more bytes is refused, as by the format's own reader. */
const MAX_HEADER = 100_000_000;

/** Most axes of a tensor: PyTorch's own limit. */
const MOST_AXES = 64;

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

/** A file that is refused. */
export const refuse = (reason: string): Result<FormatError, never> =>
  left({ _tag: "NotSafetensors", reason });

/** One entry of the header, checked. */
interface Entry {
  readonly name: string;
  /** The format's name of its kind of numbers, which may be one that is not read here. */
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

/** True for kinds of numbers that are read here. */
export const isKind = (dtype: string): dtype is NumberKind =>
  Object.hasOwn(NUMBER_WIDTHS, dtype);

/** Fault in the description of a tensor, or `null`. */
function entryFault(
  name: string,
  dtype: unknown,
  shape: unknown,
  offsets: unknown,
): string | null {
  const tensor = `tensor ${excerpt(name)}`;
  if (typeof dtype !== "string" || dtype.length > LONGEST_DTYPE) {
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

/** Index behind the text that begins with the quotation mark at `at`. */
function endOfText(json: string, at: number): number {
  for (let end = json.indexOf('"', at + 1);; end = json.indexOf('"', end + 1)) {
    let slashes = 0;
    while (json[end - 1 - slashes] === "\\") slashes++;
    if (slashes % 2 === 0) return end + 1;
  }
}

/** The text between quotation marks. */
function textOf(quoted: string): string {
  return quoted.includes("\\")
    ? JSON.parse(quoted) as string
    : quoted.slice(1, -1);
}

/** True if a colon follows, so that the text before is a key. */
function isKeyBefore(json: string, end: number): boolean {
  let at = end;
  while (" \t\n\r".includes(json[at] ?? "x")) at++;
  return json[at] === ":";
}

/**
 * The first key that an object in JSON has twice. `JSON.parse` keeps the last value
 * of such a key, other readers keep the first: two programs would read two things.
 *
 * @param json JSON that can be parsed.
 */
export function duplicateKey(json: string): string | null {
  const open: Set<string>[] = [];
  for (let at = 0; at < json.length; at++) {
    const character = json[at];
    if (character === "{" || character === "[") open.push(new Set());
    else if (character === "}" || character === "]") open.pop();
    if (character !== '"') continue;
    const end = endOfText(json, at);
    if (isKeyBefore(json, end)) {
      const key = textOf(json.slice(at, end));
      if (open.at(-1)?.has(key)) return key;
      open.at(-1)?.add(key);
    }
    at = end - 1;
  }
  return null;
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

/** Checked content of a header. */
export interface Contents {
  readonly metadata: Readonly<Record<string, string>>;
  /** In the order of their numbers. */
  readonly entries: readonly Entry[];
  /** Names in the order of the header. */
  readonly names: readonly string[];
}

/**
 * Content of a header.
 *
 * @param available Bytes behind it, all of which the tensors must fill.
 */
export function contentsOf(
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

/** A header as it was read. */
export interface Header {
  readonly object: Record<string, unknown>;
  /** Its length and its text. */
  readonly parts: readonly [length: Uint8Array, text: Uint8Array];
  /** Place of the first number. */
  readonly end: number;
}

/** Reads the header. */
export function* readHeader(
  size: number,
): Reading<Result<FormatError, Header>> {
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
  const text = yield { start: 8, end };
  const object = headerOf(text);
  return object._tag === "Left"
    ? object
    : right({ object: object.right, parts: [first, text], end });
}
