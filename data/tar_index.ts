/**
 * Where the files of a tar archive lie in it.
 *
 * Libraries for tar read an archive from its beginning to its end; for images in
 * random order their offsets are wanted, and only headers need to be read.
 *
 * @see POSIX.1-2017, pax, "ustar Interchange Format" and "pax Interchange Format".
 *
 * @module
 */
import { left, type Result, right } from "../core/mod.ts";
import { type DataError, reasonOf } from "./data_error.ts";
import { readAt } from "./read_range.ts";

/** A regular file of an archive. */
export interface TarEntry {
  /** Its name as the archive has it; never a path to open. */
  readonly name: string;
  /** First byte of its content. */
  readonly offset: number;
  /** Bytes of its content. */
  readonly size: number;
}

const BLOCK = 512;
/** Extended headers hold names; more than this is no name. */
const LONGEST_EXTENSION = 1 << 20;
const CHECKSUM = { from: 148, to: 156 } as const;

/** What extended headers say about the next file. */
interface Extension {
  readonly name?: string;
  readonly size?: number;
}

/** A header that is not one; caught by `tarIndex`. */
class BadHeader extends Error {}

const decoder = new TextDecoder();

/** Text up to the first zero. */
function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return decoder.decode(end < 0 ? bytes : bytes.subarray(0, end));
}

/** An octal number, or base 256 where its first bit is set (GNU). */
function numberOf(bytes: Uint8Array): number {
  const [first = 0, ...rest] = bytes;
  const text = textOf(bytes).trim();
  const value = first & 0x80
    ? rest.reduce((sum, byte) => 256 * sum + byte, first & 0x7f)
    : /^[0-7]+$/.test(text)
    ? parseInt(text, 8)
    : NaN;
  if (Number.isSafeInteger(value)) return value;
  throw new BadHeader("a number that is none");
}

function checkSum(block: Uint8Array): void {
  const sum = block.reduce(
    (total, byte, i) =>
      total + (i >= CHECKSUM.from && i < CHECKSUM.to ? 0x20 : byte),
    0,
  );
  if (sum !== numberOf(block.subarray(CHECKSUM.from, CHECKSUM.to))) {
    throw new BadHeader("a header with a wrong checksum");
  }
}

/** Prefix and name of POSIX archives; GNU's have other things in that place. */
function nameOf(block: Uint8Array): string {
  const name = textOf(block.subarray(0, 100));
  const isPosix = textOf(block.subarray(257, 263)) === "ustar";
  const prefix = isPosix ? textOf(block.subarray(345, 500)) : "";
  return prefix === "" ? name : `${prefix}/${name}`;
}

/** Records `LENGTH KEY=VALUE\n` of an extended header. */
function paxExtension(bytes: Uint8Array): Extension {
  const found: { name?: string; size?: number } = {};
  for (let at = 0; at < bytes.length && bytes[at] !== 0;) {
    const space = bytes.indexOf(0x20, at);
    const length = Number(decoder.decode(bytes.subarray(at, space)));
    if (space < 0 || !(length > space - at) || at + length > bytes.length) {
      throw new BadHeader("an extended header with a wrong length");
    }
    const record = decoder.decode(bytes.subarray(space + 1, at + length - 1));
    const [key] = record.split("=", 1);
    const value = record.slice((key ?? "").length + 1);
    if (key === "path") found.name = value;
    if (key === "size") found.size = sizeOf(value);
    at += length;
  }
  return found;
}

function sizeOf(text: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (Number.isSafeInteger(value)) return value;
  throw new BadHeader("a size that is none");
}

/** Reads one archive from header to header. */
class Walk {
  readonly entries: TarEntry[] = [];
  #at = 0;
  #extension: Extension = {};

  constructor(readonly file: Deno.FsFile, readonly length: number) {}

  get at(): number {
    return this.#at;
  }

  async all(): Promise<void> {
    while (this.#at < this.length) {
      const block = await readAt(this.file, this.#at, BLOCK);
      if (block.length < BLOCK) throw new BadHeader("half a header");
      if (block.every((byte) => byte === 0)) return;
      checkSum(block);
      await this.#take(block);
    }
    // What ends elsewhere was cut off: between two files nothing else tells it.
    throw new BadHeader("no end, as of a file that was cut off,");
  }

  async #take(block: Uint8Array): Promise<void> {
    const type = String.fromCharCode(block[156] ?? 0);
    const isFile = type === "0" || type === "\0" || type === "7";
    const { name = nameOf(block), size = numberOf(block.subarray(124, 136)) } =
      isFile ? this.#extension : {};
    const offset = this.#at + BLOCK;
    // Links, folders and devices have no content, whatever their size says.
    const content = "123456".includes(type) && !isFile ? 0 : size;
    if (offset + content > this.length) {
      throw new BadHeader(`a file of ${content} bytes that goes on behind it`);
    }
    await this.#extend(type, offset, content);
    if (isFile) this.entries.push({ name, offset, size });
    this.#at = offset + Math.ceil(content / BLOCK) * BLOCK;
  }

  async #extend(type: string, offset: number, size: number): Promise<void> {
    if (type === "g" || type === "K") return;
    if (type !== "x" && type !== "L") {
      this.#extension = {};
      return;
    }
    if (size > LONGEST_EXTENSION) throw new BadHeader("too long a name");
    const bytes = await readAt(this.file, offset, size);
    this.#extension = type === "L"
      ? { ...this.#extension, name: textOf(bytes) }
      : { ...this.#extension, ...paxExtension(bytes) };
  }
}

/**
 * The regular files of a tar archive: ustar, pax and GNU, not compressed. Only
 * headers are read.
 *
 * @param path The archive.
 * @returns Its files in order, or what is wrong with it: missing, cut short, a
 * header with a wrong checksum.
 */
export async function tarIndex(
  path: string,
): Promise<Result<DataError, readonly TarEntry[]>> {
  const failed = (found: string): Result<DataError, never> =>
    left({ _tag: "BadFile", path, found, wanted: "a tar archive" });
  let walk: Walk | null = null;
  try {
    using file = await Deno.open(path);
    const { size } = await file.stat();
    if (size === 0) return failed("an empty file");
    walk = new Walk(file, size);
    await walk.all();
    return right(walk.entries);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return failed("nothing");
    return failed(
      error instanceof BadHeader
        ? `${error.message} at byte ${walk?.at}`
        : reasonOf(error),
    );
  }
}
