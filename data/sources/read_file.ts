/** Files as bytes: whole, or in parts. */
import { disk, type OpenFile, START } from "../resources/disk.ts";
import { readFile as readWhole } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import { type Result, right } from "../../core/mod.ts";
import { formatOf } from "../image/image_format.ts";
import { disposing } from "../resources/disposing.ts";
import {
  badFile,
  type DataError,
  isMissing,
  reasonOf,
} from "../report/data_error.ts";
import { unpacked } from "./unpack.ts";

async function readBytes(
  location: string | URL,
): Promise<Uint8Array<ArrayBuffer>> {
  if (typeof location === "string" || location.protocol === "file:") {
    return new Uint8Array(await readWhole(location));
  }
  const response = await fetch(location);
  if (!response.ok) throw new Error(`the answer ${response.status}`);
  return response.bytes();
}

/**
 * Reads a file, unpacked if it is a gzip archive by its content.
 *
 * @param location Path or URL; the package itself may be on the web.
 * @param wanted Expected kind of file, for the message when it is not there.
 * @param most Most bytes that it may unpack to.
 */
export async function readFile(
  location: string | URL,
  wanted: string,
  most?: number,
): Promise<Result<DataError, Uint8Array>> {
  const path = String(location);
  const failed = (found: string) => badFile(path, found, wanted);
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = await readBytes(location);
  } catch (error) {
    return failed(
      isMissing(error) ? "nothing" : reasonOf(error),
    );
  }
  try {
    return right(await unpacked(bytes, most));
  } catch (error) {
    return failed(`a damaged gzip archive (${reasonOf(error)})`);
  }
}

/** Fills as much of a buffer as the file has from its position on. */
async function fill(file: OpenFile, buffer: Uint8Array): Promise<number> {
  let at = 0;
  while (at < buffer.length) {
    const count = await file.read(buffer.subarray(at));
    if (count === null) break;
    at += count;
  }
  return at;
}

/**
 * Reads bytes of an open file.
 *
 * @param file The file; no other reader may use it at the same time.
 * @returns The bytes; fewer where the file ends before.
 * @throws Error of the system.
 */
async function readAt(
  file: OpenFile,
  from: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  await file.seek(from, START);
  const bytes = new Uint8Array(length);
  return bytes.subarray(0, await fill(file, bytes));
}

/** Bytes that say what a file is. */
const HEAD_BYTES = 512;

/** The first 512 bytes of an open file, or all that it has. */
export const headOf = (file: OpenFile): Promise<Uint8Array<ArrayBuffer>> =>
  readAt(file, 0, HEAD_BYTES);

/**
 * The first 512 bytes of a file, or all that it has.
 *
 * @throws Error of the system.
 */
export const firstBytes = (path: string): Promise<Uint8Array> =>
  disposing(disk.open(path), headOf);

/**
 * Reads bytes of a file. It is opened for each read, so that several reads do not
 * move each other's position and a file that is gone is found out.
 *
 * @throws Error of the system, or that the file is shorter.
 */
export async function readRange(
  path: string,
  from: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await disposing(
    disk.open(path),
    (file) => readAt(file, from, length),
  );
  if (bytes.length === length) return bytes;
  throw new Error(`${path} is shorter than ${from + length} bytes`);
}

/** A larger file is no image: the largest pictures that are decoded have half of this, bytes. */
export const MOST_IMAGE_BYTES = 2 ** 30;

/**
 * Refuses images that are too large before memory is asked for.
 *
 * @throws If they are more than `MOST_IMAGE_BYTES`.
 */
export function checkImageBytes(size: number): void {
  if (size <= MOST_IMAGE_BYTES) return;
  throw new Error(`it has ${size} bytes, wanted at most ${MOST_IMAGE_BYTES}`);
}

/** Of larger files the first bytes are looked at before all of them are read, bytes. */
const MOST_UNSEEN = 2 ** 24;

/**
 * Reads an image file.
 *
 * @throws Error of the system, that the file is too large, or what a large one is that
 * is no image.
 */
export async function readImageFile(
  path: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const { size } = await disk.stat(path);
  checkImageBytes(size);
  if (size > MOST_UNSEEN) formatOf(await firstBytes(path));
  return await disk.readFile(path);
}

/** Read at once: what comes next is often there already, bytes. */
const WINDOW = 1 << 15;
/** So many reads block, then others have their turn: some milliseconds. */
const TURN = 512;

/**
 * Reads parts of an open file through a window. Reads are synchronous, which takes a
 * tenth of the time where there are a million of them; every few hundred of them
 * others have their turn.
 */
export class FileWindow {
  #window: Uint8Array<ArrayBuffer> = new Uint8Array();
  #at = 0;
  #reads = 0;

  /**
   * @param file The file; no other reader may use it at the same time.
   */
  constructor(readonly file: OpenFile) {}

  /**
   * Reads bytes.
   *
   * @param from First byte.
   * @param length Number of them.
   * @returns The bytes, to be used before the next read; fewer where the file ends.
   * @throws Error of the system.
   */
  async bytes(from: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const start = from - this.#at;
    if (start < 0 || start + length > this.#window.length) {
      if (++this.#reads % TURN === 0) await setImmediate();
      this.#window = this.#read(from, Math.max(length, WINDOW));
      this.#at = from;
    }
    const first = from - this.#at;
    return this.#window.subarray(first, first + length);
  }

  #read(from: number, length: number): Uint8Array<ArrayBuffer> {
    this.file.seekSync(from, START);
    const bytes = this.#window.length === length
      ? this.#window
      : new Uint8Array(length);
    let at = 0;
    while (at < length) {
      const count = this.file.readSync(bytes.subarray(at));
      if (count === null) break;
      at += count;
    }
    return bytes.subarray(0, at);
  }
}
