/**
 * Zip archives whose files are stored as they are.
 *
 * @see PKWARE, .ZIP File Format Specification, 2022.
 */
import { crc32 } from "node:zlib";
import { excerpt, left, type Result, right } from "../../../core/mod.ts";
import { blocksOf, type Reading } from "../../files/byte_reading.ts";

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

/** Mark in 32 bits of a number that stands elsewhere in 64. */
const ELSEWHERE = 0xffffffff;

/** The error of an archive that is damaged or made to deceive. */
class ZipRefusal extends Error {}

function refuse(reason: string): never {
  throw new ZipRefusal(reason);
}

function* refusing<A>(reading: Reading<A>): Reading<Result<string, A>> {
  try {
    return right(yield* reading);
  } catch (thrown) {
    if (thrown instanceof ZipRefusal) return left(thrown.message);
    throw thrown;
  }
}

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, byteLength);

type RecordKind = keyof typeof SIGNATURES;

/** A record in bytes that begin at byte `from` of the archive; every number of it lies inside them. */
function recordIn(
  bytes: Uint8Array,
  from: number,
  at: number,
  kind: RecordKind,
): DataView {
  const start = at - from;
  if (!(start >= 0 && start + LENGTHS[kind] <= bytes.length)) {
    refuse(`it ends before its ${kind} record`);
  }
  const view = viewOf(bytes.subarray(start));
  return view.getUint32(0, true) === SIGNATURES[kind]
    ? view
    : refuse(`there is no ${kind} record at byte ${at}`);
}

function* readRecord(
  size: number,
  at: number,
  kind: RecordKind,
): Reading<DataView> {
  const end = at + LENGTHS[kind];
  const isInside = at >= 0 && end <= size;
  const bytes = isInside ? yield { start: at, end } : new Uint8Array();
  return recordIn(bytes, at, at, kind);
}

const uint64 = (view: DataView, at: number): number =>
  Number(view.getBigUint64(at, true));

/** Reads the last record, searched from the end, and its position. */
function* readEnd(size: number): Reading<readonly [number, DataView]> {
  const start = Math.max(0, size - LENGTHS.end - LONGEST_COMMENT);
  const bytes = yield { start, end: size };
  const view = viewOf(bytes);
  for (let at = bytes.length - LENGTHS.end; at >= 0; at--) {
    if (view.getUint32(at, true) === SIGNATURES.end) {
      return [start + at, viewOf(bytes.subarray(at))];
    }
  }
  return refuse("it has no end record: it may be truncated");
}

/** Part of the archive that lists its files. */
interface Directory {
  readonly start: number;
  readonly end: number;
}

function* readDirectory(size: number): Reading<Directory> {
  const [at, end] = yield* readEnd(size);
  const start = end.getUint32(16, true);
  if (start !== ELSEWHERE) {
    return { start, end: start + end.getUint32(12, true) };
  }
  const before = at - LENGTHS.locator64;
  const locator = yield* readRecord(size, before, "locator64");
  const end64 = yield* readRecord(size, uint64(locator, 8), "end64");
  const start64 = uint64(end64, 48);
  return { start: start64, end: start64 + uint64(end64, 40) };
}

/** Numbers of 64 bits of an entry, in the order in which they are needed. */
function* wideNumbers(extra: Uint8Array): Generator<number, never> {
  const view = viewOf(extra);
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

/** A file of an archive, as the archive's directory says. */
export interface ZipEntry {
  /** Its path in the archive. */
  readonly name: string;
  /** Its bytes. */
  readonly size: number;
  /** Begin of its own record. */
  readonly start: number;
  /** CRC-32 of its content. */
  readonly checksum: number;
}

/** An entry and where the next one begins. */
function entryAt(
  bytes: Uint8Array,
  { start: first, end }: Directory,
  at: number,
): readonly [ZipEntry, number] {
  const view = recordIn(bytes, first, at, "entry");
  const [name = 0, extra = 0, comment = 0] = [28, 30, 32].map((place) =>
    view.getUint16(place, true)
  );
  const from = at - first + LENGTHS.entry;
  const next = at + LENGTHS.entry + name + extra + comment;
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
  const checksum = view.getUint32(16, true);
  return [{ name: text, size, start, checksum }, next];
}

function* readEntries(size: number): Reading<ReadonlyMap<string, ZipEntry>> {
  const entries = new Map<string, ZipEntry>();
  const directory = yield* readDirectory(size);
  const { start, end } = directory;
  if (!(start <= end && end <= size)) refuse("it ends before its entry record");
  const bytes = yield { start, end };
  let total = 0;
  for (let at = start; at < end;) {
    const [entry, next] = entryAt(bytes, directory, at);
    total += entry.size;
    // Else little bytes could stand for very many.
    if (total > size) refuse("its files overlap");
    if (entries.has(entry.name)) {
      refuse(`it holds ${excerpt(entry.name)} twice`);
    }
    entries.set(entry.name, entry);
    at = next;
  }
  return entries;
}

function checksumOf(content: Uint8Array): number {
  let checksum = 0;
  for (const block of blocksOf(content)) checksum = crc32(block, checksum);
  return checksum;
}

function* readContent(
  whole: number,
  { name, size, start, checksum }: ZipEntry,
): Reading<Uint8Array> {
  const view = yield* readRecord(whole, start, "file");
  const from = start + LENGTHS.file + view.getUint16(26, true) +
    view.getUint16(28, true);
  if (from + size > whole) refuse(`${excerpt(name)} ends outside of it`);
  const content = yield { start: from, end: from + size };
  return checksumOf(content) === checksum
    ? content
    : refuse(`${excerpt(name)} is damaged: its checksum is another`);
}

/**
 * Reads what an archive holds. Time is linear in the bytes of its directory.
 *
 * @returns Its files by name, none of them compressed and together no larger than
 * the archive, or why it cannot be trusted.
 */
export function zipEntriesReading(
  size: number,
): Reading<Result<string, ReadonlyMap<string, ZipEntry>>> {
  return refusing(readEntries(size));
}

/**
 * Reads a file of an archive.
 *
 * @returns Its content, or in which way it is damaged.
 */
export function zipContentReading(
  size: number,
  entry: ZipEntry,
): Reading<Result<string, Uint8Array>> {
  return refusing(readContent(size, entry));
}
