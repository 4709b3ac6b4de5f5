/**
 * Reading by ranges.
 *
 * A reader of a format is a generator that asks for ranges and is given their
 * bytes. It knows of no file, so the same one reads bytes in memory and files of
 * any size, of which it holds no more than it asked for.
 */
import { createHash } from "node:crypto";
import { type FileHandle, open, stat } from "node:fs/promises";
import type { Result } from "../../core/mod.ts";
import { type FileFailed, fileResult } from "./file_result.ts";

/** Bytes that one call reads, writes or digests; the system's calls end at 2 GiB. */
export const BLOCK_BYTES = 2 ** 26;

/** The parts of bytes that one call may take. */
export function* blocksOf(
  bytes: Uint8Array,
  blockBytes = BLOCK_BYTES,
): Generator<Uint8Array, void, void> {
  for (let at = 0; at < bytes.length; at += blockBytes) {
    yield bytes.subarray(at, at + blockBytes);
  }
}

/** SHA-512 of bytes that come one part after the other. */
export interface RunningDigest {
  /** Takes the next part. */
  readonly add: (part: Uint8Array | string) => void;
  /** The digest of all parts, in hexadecimal; once. */
  readonly end: () => string;
}

/** A digest of no byte yet. */
export function runningDigest(): RunningDigest {
  const hash = createHash("sha512");
  return {
    add: (part) => {
      if (typeof part === "string") hash.update(part);
      else for (const block of blocksOf(part)) hash.update(block);
    },
    end: () => hash.digest("hex"),
  };
}

/**
 * Why bytes are not those that a digest was of, or `null` if they are.
 *
 * @param found Their SHA-512, in hexadecimal.
 */
export function digestDifference(found: string, wanted: string): string | null {
  return found === wanted
    ? null
    : `its SHA-512 begins ${found.slice(0, 12)}, wanted ${
      wanted.slice(0, 12)
    }: it is not as it was written`;
}

/** Bytes from `start` up to and without `end`. */
export interface ByteRange {
  /** First byte, counted from 0. */
  readonly start: number;
  /** Byte behind the last one; not before `start`, at most the size of the whole. */
  readonly end: number;
}

/**
 * A reader: it asks for ranges, one after the other, and comes to a value. What it
 * is given it may read only; of a file, each range is in a buffer of its own.
 */
export type Reading<A> = Generator<ByteRange, A, Uint8Array>;

/** Begins to read a whole of so many bytes. */
export type ReadingOf<A> = (size: number) => Reading<A>;

/**
 * Reads bytes in memory.
 *
 * @param bytes The whole; nothing is copied.
 */
export function readBytes<A>(bytes: Uint8Array, reading: ReadingOf<A>): A {
  const reader = reading(bytes.length);
  let next = reader.next();
  while (next.done !== true) {
    const { start, end } = next.value;
    next = reader.next(bytes.subarray(start, end));
  }
  return next.value;
}

async function rangeOf(
  file: FileHandle,
  { start, end }: ByteRange,
  blockBytes: number,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(end - start);
  for (let at = 0; at < bytes.length;) {
    const length = Math.min(blockBytes, bytes.length - at);
    const { bytesRead } = await file.read(bytes, at, length, start + at);
    if (bytesRead === 0) {
      throw new Error(`it ends at byte ${start + at}: it became shorter`);
    }
    at += bytesRead;
  }
  return bytes;
}

/**
 * Reads a file by ranges.
 *
 * @param blockBytes Most bytes that are read at a time.
 */
export function readRanges<A>(
  path: string,
  reading: ReadingOf<A>,
  blockBytes = BLOCK_BYTES,
): Promise<Result<FileFailed, A>> {
  return fileResult(path, async () => {
    // Before it is opened: that of a pipe waits for a writer.
    if (!(await stat(path)).isFile()) throw new Error("it is no regular file");
    const file = await open(path, "r");
    try {
      const reader = reading((await file.stat()).size);
      let next = reader.next();
      while (next.done !== true) {
        next = reader.next(await rangeOf(file, next.value, blockBytes));
      }
      return next.value;
    } finally {
      await file.close();
    }
  });
}

/** Every byte, for files that are small. */
export function* wholeReading(size: number): Reading<Uint8Array> {
  return yield { start: 0, end: size };
}

/**
 * A reader, and the SHA-512 of what it was given: that of the whole where it asks
 * for every byte once and in order.
 *
 * @param reading The reader; it must go from front to back.
 */
export function digested<A>(
  reading: ReadingOf<A>,
): ReadingOf<{ readonly value: A; readonly sha512: string }> {
  return function* (size) {
    const digest = runningDigest();
    const reader = reading(size);
    let next = reader.next();
    for (let at = 0; next.done !== true;) {
      const { start, end } = next.value;
      if (start !== at) throw new Error(`byte ${start} after ${at}: never`);
      const bytes = yield next.value;
      digest.add(bytes);
      next = reader.next(bytes);
      at = end;
    }
    return { value: next.value, sha512: digest.end() };
  };
}
