/**
 * Index of a tar archive: places of its files.
 *
 * Libraries for tar read an archive from its beginning to its end; for images in
 * random order their offsets are wanted, and only headers need to be read.
 */
import { disk, type OpenFile } from "../../resources/disk.ts";
import { excerpt, kindOfBytes, type Result, right } from "../../../core/mod.ts";
import { bytesInWords, Tally } from "../../report/counts.ts";
import {
  badFile,
  type DataError,
  isMissing,
  reasonOf,
} from "../../report/data_error.ts";
import { disposing } from "../../resources/disposing.ts";
import { FileWindow } from "../read_file.ts";
import {
  BadHeader,
  BLOCK,
  isHeader,
  isMapContinued,
  type TarExtension,
  tarExtension,
  tarHeader,
} from "./tar_header.ts";

/** A regular file of an archive, or a link to one. */
export interface TarEntry {
  /** Its name as the archive has it; never a path to open. */
  readonly name: string;
  /** First byte of its content. */
  readonly offset: number;
  /** Bytes of its content. */
  readonly size: number;
}

/** Contents of an archive. */
export interface TarIndex {
  /** Files in order, of each of the archives that were put one behind the other. */
  readonly archives: readonly (readonly TarEntry[])[];
  /** Members that are no files or cannot be read by their offsets. */
  readonly skipped: Tally;
}

/** A member that stands for another one. */
interface Link {
  readonly name: string;
  readonly target: string;
}

/** Extended headers hold names; more than this is no name. */
const LONGEST_EXTENSION = 1 << 20;
/** Zeros are looked through in pieces of so many bytes. */
const ZEROS = 1 << 20;
/** Links to links are followed so far. */
const MOST_LINKS = 8;

/** Commands that unpack compressed archives, by the ends of their kinds. */
const UNPACKING = [
  ["compressed by gzip", "gunzip"],
  ["compressed by Zstandard", "unzstd"],
  ["compressed by xz", "unxz"],
  ["compressed by bzip2", "bunzip2"],
  ["compressed by LZ4", "unlz4"],
] as const;

/** Members without content, whatever their size says: links, devices, folders, pipes. */
const EMPTY = /^[1-6]$/;
/** Kinds of members that are skipped, in words; folders and notes are no loss. */
const OTHERS: Readonly<Record<string, string>> = {
  "3": "devices",
  "4": "devices",
  "6": "pipes",
  "S": "sparse files",
  "M": "parts of files",
};
/** Folders, lists of folders, names of volumes, notes for the whole archive. */
const NOTES = /^[5DVNgxXLK]$/;

/** A name without what only says "here" or "from the root". */
const plain = (name: string): string =>
  name.split("/").filter((part) => part !== "" && part !== ".").join("/");

/** Name of the member that a symbolic link means, as seen from its folder. */
function seenFrom(name: string, target: string): string {
  if (target.startsWith("/")) return plain(target);
  const parts = plain(name).split("/").slice(0, -1);
  for (const part of plain(target).split("/")) {
    const isBack = part === ".." && parts.length > 0 && parts.at(-1) !== "..";
    if (isBack) parts.pop();
    else parts.push(part);
  }
  return parts.join("/");
}

/** Links by what they mean, files once by name: a later one replaces an earlier. */
function resolved(
  members: readonly (TarEntry | Link)[],
  skipped: Tally,
): readonly TarEntry[] {
  const last = new Map(members.map((member, i) => [plain(member.name), i]));
  const meant = (member: TarEntry | Link, depth: number): TarEntry | null => {
    if (!("target" in member)) return member;
    const next = members[last.get(member.target) ?? -1];
    return next === undefined || depth > MOST_LINKS
      ? null
      : meant(next, depth + 1);
  };
  return members.flatMap((member, i) => {
    const { name } = member;
    if (last.get(plain(name)) !== i) {
      skipped.add("replaced by later ones of the same name", name);
      return [];
    }
    const entry = meant(member, 0);
    if (entry === null) skipped.add("links to nothing in the archive", name);
    return entry === null ? [] : [{ ...entry, name }];
  });
}

/** Position of the first byte that is not zero, −1 if there is none. */
function firstByte(bytes: Uint8Array<ArrayBuffer>): number {
  const { buffer, byteOffset, length } = bytes;
  const words = byteOffset % 4 === 0
    ? new Int32Array(buffer, byteOffset, length >> 2)
    : new Int32Array();
  const word = words.findIndex((value) => value !== 0);
  const from = 4 * (word < 0 ? words.length : word);
  const within = bytes.subarray(from).findIndex((byte) => byte !== 0);
  return within < 0 ? -1 : from + within;
}

/** Reads archives from header to header. */
class Walk {
  readonly archives: (readonly TarEntry[])[] = [];
  readonly skipped = new Tally();
  #members: (TarEntry | Link)[] = [];
  #at = 0;
  #extension: TarExtension = {};
  readonly #window: FileWindow;

  constructor(file: OpenFile, readonly length: number) {
    this.#window = new FileWindow(file);
  }

  get at(): number {
    return this.#at;
  }

  async all(): Promise<void> {
    let hasEnded = false;
    while (this.#at < this.length) {
      const block = await this.#window.bytes(this.#at, BLOCK);
      const isZero = block.every((byte) => byte === 0);
      if (isZero && block.length === BLOCK) {
        this.#end();
        hasEnded = true;
        await this.#passZeros();
        continue;
      }
      if (block.length < BLOCK || !isHeader(block)) {
        if (!hasEnded) throw this.#noHeader(block);
        const size = bytesInWords(this.length - this.#at);
        this.skipped.add("piece behind the end of the archive", size);
        return;
      }
      hasEnded = false;
      await this.#take(block);
    }
    // A file that ends elsewhere was truncated: between two files there is no other sign of it.
    if (!hasEnded) {
      throw new BadHeader("no end, as of a file that was cut off,");
    }
  }

  /** Fault in the place of a header; another kind of file by its name. */
  #noHeader(block: Uint8Array): Error {
    const kind = this.#at === 0 ? kindOfBytes(block) : null;
    if (kind !== null && kind !== "a tar archive") return new Error(kind);
    const isShort = block.length < BLOCK;
    return new BadHeader(
      isShort ? "half a header" : "a header with a wrong checksum",
    );
  }

  /** Ends an archive; others may follow. */
  #end(): void {
    if (this.#members.length === 0) return;
    this.archives.push(resolved(this.#members, this.skipped));
    this.#members = [];
  }

  /** Goes to the block of the next byte that is not zero, or to the end. */
  async #passZeros(): Promise<void> {
    while (this.#at < this.length) {
      const bytes = await this.#window.bytes(this.#at, ZEROS);
      if (bytes.length === 0) break;
      const first = firstByte(bytes);
      if (first >= 0) {
        this.#at += first - first % BLOCK;
        return;
      }
      this.#at += bytes.length;
    }
    this.#at = this.length;
  }

  async #take(block: Uint8Array): Promise<void> {
    const header = tarHeader(block);
    const { type } = header;
    const isNote = NOTES.test(type) && type !== "5";
    const { name, size, target } = isNote
      ? header
      : { ...header, ...this.#extension };
    const offset = this.#at + BLOCK + await this.#mapSize(type, block);
    const content = EMPTY.test(type) ? 0 : size;
    if (offset + content > this.length) {
      throw new BadHeader(
        `${excerpt(name)} of ${content} bytes, which goes on behind the end,`,
      );
    }
    if (isNote) await this.#extend(type, offset, content);
    else {
      const isSparse = this.#extension.isSparse === true;
      this.#member(
        isSparse ? "S" : type,
        { name, offset, size: content },
        target,
      );
      this.#extension = {};
    }
    this.#at = offset + Math.ceil(content / BLOCK) * BLOCK;
  }

  /** Bytes of the map that follows the header of a sparse file. */
  async #mapSize(type: string, block: Uint8Array): Promise<number> {
    if (type !== "S") return 0;
    let size = 0;
    for (let map = block; isMapContinued(map, size === 0); size += BLOCK) {
      map = await this.#window.bytes(this.#at + BLOCK + size, BLOCK);
      if (map.length < BLOCK) throw new BadHeader("half a map of a file");
    }
    return size;
  }

  #member(type: string, entry: TarEntry, target: string): void {
    const { name } = entry;
    if (NOTES.test(type) || type === "0" && name.endsWith("/")) return;
    if (type === "0") this.#members.push(entry);
    else if (type === "1") this.#members.push({ name, target: plain(target) });
    else if (type === "2") {
      this.#members.push({ name, target: seenFrom(name, target) });
    } else this.skipped.add(OTHERS[type] ?? `members of type ${type}`, name);
  }

  async #extend(type: string, offset: number, size: number): Promise<void> {
    if (type !== "x" && type !== "X" && type !== "L" && type !== "K") return;
    if (size > LONGEST_EXTENSION) throw new BadHeader("too long a name");
    const bytes = await this.#window.bytes(offset, size);
    this.#extension = { ...this.#extension, ...tarExtension(type, bytes) };
  }
}

/**
 * The files of a tar archive: ustar, pax and GNU, not compressed. Only headers are
 * read. Links stand for the members that they mean; archives that were put one
 * behind the other are read all.
 *
 * @returns Its files in order, none of an empty one, and what was skipped; or what
 * is wrong with it: missing, compressed, cut short, a header with a wrong checksum.
 */
export async function tarIndex(
  path: string,
): Promise<Result<DataError, TarIndex>> {
  const failed = (found: string): Result<DataError, never> => {
    const unpack = UNPACKING.find(([packer]) => found.endsWith(packer))?.[1];
    const wanted = unpack === undefined
      ? "a tar archive"
      : `a tar archive, unpacked (${unpack})`;
    return badFile(path, found, wanted);
  };
  let walk = null as Walk | null;
  try {
    return await disposing(disk.open(path), async (file) => {
      const { size } = await file.stat();
      walk = new Walk(file, size);
      if (size > 0) await walk.all();
      return right(walk);
    });
  } catch (error) {
    if (isMissing(error)) return failed("nothing");
    return failed(
      error instanceof BadHeader
        ? `${error.message} at byte ${walk?.at}`
        : reasonOf(error),
    );
  }
}
