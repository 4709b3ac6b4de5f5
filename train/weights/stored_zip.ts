/**
 * Zip archives whose files are stored as they are.
 *
 * @module
 * @see PKWARE, .ZIP File Format Specification, 2022.
 */
import { crc32 } from "node:zlib";
import { excerpt, left, type Result, right } from "../../core/mod.ts";

const SIGNATURES = {
  file: 0x04034b50,
  entry: 0x02014b50,
  end: 0x06054b50,
  end64: 0x06064b50,
  locator64: 0x07064b50,
} as const;

/** Bytes of the records without their names and comments. */
const LENGTHS = { file: 30, entry: 46, end: 22, end64: 56, locator64: 20 };

/** A comment behind the last record has at most so many bytes. */
const LONGEST_COMMENT = 0xffff;

/** What is written in 32 bits where the number stands elsewhere in 64. */
const ELSEWHERE = 0xffffffff;

/** A place where an archive is damaged or made to deceive. */
class ZipRefusal extends Error {}

function refuse(reason: string): never {
  throw new ZipRefusal(reason);
}

/** Reads a record at a place; every number of it lies inside the archive. */
function recordAt(
  bytes: Uint8Array,
  at: number,
  kind: keyof typeof SIGNATURES,
): DataView {
  if (!(at >= 0 && at + LENGTHS[kind] <= bytes.length)) {
    refuse(`it ends before its ${kind} record`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset + at);
  return view.getUint32(0, true) === SIGNATURES[kind]
    ? view
    : refuse(`there is no ${kind} record at byte ${at}`);
}

const uint64 = (view: DataView, at: number): number =>
  Number(view.getBigUint64(at, true));

/** Where the last record begins: it is looked for from the end. */
function findEnd(bytes: Uint8Array): number {
  const { buffer, byteOffset } = bytes;
  const view = new DataView(buffer, byteOffset, bytes.length);
  const last = bytes.length - LENGTHS.end;
  for (let at = last; at >= Math.max(0, last - LONGEST_COMMENT); at--) {
    if (view.getUint32(at, true) === SIGNATURES.end) return at;
  }
  return refuse("it has no end record: it may be truncated");
}

/** Part of the archive that lists its files. */
interface Directory {
  readonly start: number;
  readonly end: number;
}

function directoryOf(bytes: Uint8Array): Directory {
  const at = findEnd(bytes);
  const end = recordAt(bytes, at, "end");
  const start = end.getUint32(16, true);
  if (start !== ELSEWHERE) {
    return { start, end: start + end.getUint32(12, true) };
  }
  const locator = recordAt(bytes, at - LENGTHS.locator64, "locator64");
  const end64 = recordAt(bytes, uint64(locator, 8), "end64");
  const start64 = uint64(end64, 48);
  return { start: start64, end: start64 + uint64(end64, 40) };
}

/** Numbers of 64 bits of an entry, in the order in which they are needed. */
function* wideNumbers(extra: Uint8Array): Generator<number, never> {
  const view = new DataView(extra.buffer, extra.byteOffset, extra.length);
  for (let at = 0; at + 4 <= extra.length;) {
    const [id, size] = [view.getUint16(at, true), view.getUint16(at + 2, true)];
    const end = Math.min(at + 4 + size, extra.length);
    for (let from = at + 4; id === 1 && from + 8 <= end; from += 8) {
      yield uint64(view, from);
    }
    at += 4 + size;
  }
  return refuse("an entry lacks a number of 64 bits");
}

/** What the directory says of a file. */
interface Entry {
  readonly name: string;
  readonly size: number;
  readonly start: number;
  readonly checksum: number;
  readonly next: number;
}

function entryAt(bytes: Uint8Array, at: number, end: number): Entry {
  const view = recordAt(bytes, at, "entry");
  const [name = 0, extra = 0, comment = 0] = [28, 30, 32].map((place) =>
    view.getUint16(place, true)
  );
  const [from, next] = [
    at + LENGTHS.entry,
    at + LENGTHS.entry + name + extra + comment,
  ];
  if (next > end) refuse(`its directory ends at byte ${end}`);
  const text = new TextDecoder().decode(bytes.subarray(from, from + name));
  const wide = wideNumbers(bytes.subarray(from + name, from + name + extra));
  const [size = 0, packed = 0, start = 0] = [24, 20, 42].map((place) => {
    const number = view.getUint32(place, true);
    return number === ELSEWHERE ? wide.next().value : number;
  });
  if (view.getUint16(10, true) !== 0 || packed !== size) {
    refuse(`${excerpt(text)} is compressed`);
  }
  return { name: text, size, start, checksum: view.getUint32(16, true), next };
}

function contentOf(
  bytes: Uint8Array,
  { name, size, start, checksum }: Entry,
): Uint8Array {
  const view = recordAt(bytes, start, "file");
  const from = start + LENGTHS.file + view.getUint16(26, true) +
    view.getUint16(28, true);
  if (from + size > bytes.length) refuse(`${excerpt(name)} ends outside of it`);
  const content = bytes.subarray(from, from + size);
  return crc32(content) === checksum
    ? content
    : refuse(`${excerpt(name)} is damaged: its checksum is another`);
}

function filesOf(bytes: Uint8Array): ReadonlyMap<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  const { start, end } = directoryOf(bytes);
  let total = 0;
  for (let at = start; at < end;) {
    const entry = entryAt(bytes, at, end);
    total += entry.size;
    // Else little bytes could stand for very many.
    if (total > bytes.length) refuse("its files overlap");
    if (files.has(entry.name)) refuse(`it holds ${excerpt(entry.name)} twice`);
    files.set(entry.name, contentOf(bytes, entry));
    at = entry.next;
  }
  return files;
}

/**
 * Reads an archive whose files are not compressed, as PyTorch writes them. Time is
 * linear in the bytes; no file is copied.
 *
 * @param bytes The whole archive.
 * @returns Its files by name, parts of `bytes`, or why it cannot be trusted.
 */
export function readStoredZip(
  bytes: Uint8Array,
): Result<string, ReadonlyMap<string, Uint8Array>> {
  try {
    return right(filesOf(bytes));
  } catch (thrown) {
    if (thrown instanceof ZipRefusal) return left(thrown.message);
    throw thrown;
  }
}
