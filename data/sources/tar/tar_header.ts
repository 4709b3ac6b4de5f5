/**
 * Headers of tar archives: ustar, pax and GNU.
 *
 * @see POSIX.1-2017, pax, "ustar Interchange Format" and "pax Interchange Format";
 * GNU tar, "Basic Tar Format" and "Storing Sparse Files".
 */

/** Archives are made of blocks of so many bytes. */
export const BLOCK = 512;

const CHECKSUM = { from: 148, to: 156 } as const;

/** Fields of extended headers about the next member. */
export interface TarExtension {
  /** Its name. */
  readonly name?: string;
  /** Bytes of its content. */
  readonly size?: number;
  /** The member that it links to. */
  readonly target?: string;
  /** True if its content is pieces with holes between them. */
  readonly isSparse?: boolean;
}

/** Contents of a header. */
export interface TarHeader {
  /** Kind of the member, one character; `\0` of old archives is `0`, a file. */
  readonly type: string;
  /** Its name as the archive has it; never a path to open. */
  readonly name: string;
  /** Bytes of its content. */
  readonly size: number;
  /** The member that it links to; empty for others. */
  readonly target: string;
}

/** A header that is not one. */
export class BadHeader extends Error {}

const utf8 = new TextDecoder("utf-8", { fatal: true });
const latin1 = new TextDecoder("latin1");

/** Text in UTF-8, or else in Latin-1, so that different names stay different. */
function decoded(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    return latin1.decode(bytes);
  }
}

/** Text up to the first zero. */
function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return decoded(end < 0 ? bytes : bytes.subarray(0, end));
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

/** A size; what has no content may leave it blank. */
function sizeIn(bytes: Uint8Array): number {
  return textOf(bytes).trim() === "" && (bytes[0] ?? 0) < 0x80
    ? 0
    : numberOf(bytes);
}

/** True if the checksum of a header is right. */
export function isHeader(block: Uint8Array): boolean {
  let sum = 0x20 * (CHECKSUM.to - CHECKSUM.from);
  for (let i = 0; i < BLOCK; i++) {
    if (i < CHECKSUM.from || i >= CHECKSUM.to) sum += block[i] ?? 0;
  }
  try {
    return sum === numberOf(block.subarray(CHECKSUM.from, CHECKSUM.to));
  } catch {
    return false;
  }
}

/** Prefix and name of POSIX archives; GNU's have other things in that place. */
function nameOf(block: Uint8Array): string {
  const name = textOf(block.subarray(0, 100));
  const isPosix = textOf(block.subarray(257, 263)) === "ustar";
  const prefix = isPosix ? textOf(block.subarray(345, 500)) : "";
  return prefix === "" ? name : `${prefix}/${name}`;
}

/**
 * Reads a header.
 *
 * @param block 512 bytes with a right checksum.
 * @throws `BadHeader` for a size that is none.
 */
export function tarHeader(block: Uint8Array): TarHeader {
  const type = String.fromCharCode(block[156] ?? 0);
  return {
    type: type === "\0" || type === "7" ? "0" : type,
    name: nameOf(block),
    size: sizeIn(block.subarray(124, 136)),
    target: textOf(block.subarray(157, 257)),
  };
}

/**
 * True if another block of the map of a sparse file follows (GNU).
 *
 * @param block A header of type `S`, or a block of its map.
 */
export const isMapContinued = (block: Uint8Array, isFirst: boolean): boolean =>
  block[isFirst ? 482 : 504] === 1;

function sizeOf(text: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (Number.isSafeInteger(value)) return value;
  throw new BadHeader("a size that is none");
}

/** A record of an extended header. */
function recordOf(key: string, value: string): TarExtension {
  if (key === "path") return { name: value };
  if (key === "size") return { size: sizeOf(value) };
  if (key === "linkpath") return { target: value };
  return key.startsWith("GNU.sparse.") ? { isSparse: true } : {};
}

/** Records `LENGTH KEY=VALUE\n` of an extended header. */
function paxExtension(bytes: Uint8Array): TarExtension {
  let found: TarExtension = {};
  for (let at = 0; at < bytes.length && bytes[at] !== 0;) {
    const space = bytes.indexOf(0x20, at);
    const length = Number(decoded(bytes.subarray(at, Math.max(at, space))));
    if (space < 0 || !(length > space - at) || at + length > bytes.length) {
      throw new BadHeader("an extended header with a wrong length");
    }
    const record = decoded(bytes.subarray(space + 1, at + length - 1));
    const [key = ""] = record.split("=", 1);
    found = { ...found, ...recordOf(key, record.slice(key.length + 1)) };
    at += length;
  }
  return found;
}

/**
 * Fields of an extended header about the next member.
 *
 * @param type `x` (pax), `L` or `K` (a long name or target of GNU).
 * @throws `BadHeader` for a record of a wrong length or a size that is none.
 */
export function tarExtension(type: string, bytes: Uint8Array): TarExtension {
  if (type === "L") return { name: textOf(bytes) };
  return type === "K" ? { target: textOf(bytes) } : paxExtension(bytes);
}
