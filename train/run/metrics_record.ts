/** The file of a run's record: reading it in pieces, cutting it back, adding to it. */
import {
  appendFile,
  copyFile,
  type FileHandle,
  rename,
  rm,
  stat,
  truncate,
} from "node:fs/promises";
import { dirname } from "node:path";
import { left, type Result, right } from "../../core/mod.ts";
import { fileResult, isMissing, openRegular } from "../files/file_result.ts";
import { syncFile, syncFolder } from "../files/atomic_file.ts";
import { type MetricsLine, metricsLine, parseMetricsLine } from "./metrics.ts";
import type { StepReport } from "../engine/training.ts";
import type { TrainError } from "../train_error.ts";

/** Bytes that are read at a time. */
const PIECE_BYTES = 2 ** 19;

/** Bytes beyond which nothing is a line. */
const MOST_BYTES = 2 ** 24;

const [NEWLINE, BRACE] = [10, 123] as const;

/** Whole lines of a record. */
export interface RecordPiece {
  /** Steps in order; `null` for a line that is not the record of one. */
  readonly lines: readonly (MetricsLine | null)[];
  /** Ends of the lines in the file, bytes. */
  readonly ends: readonly number[];
}

/** Whole lines from a byte on; `null` where a line has no end within bounds. */
async function wholeLines(
  handle: FileHandle,
  from: number,
  size: number,
): Promise<Uint8Array | null> {
  for (let most = PIECE_BYTES; most <= MOST_BYTES; most *= 2) {
    const bytes = new Uint8Array(Math.max(0, Math.min(size - from, most)));
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, from);
    const end = bytes.subarray(0, bytesRead).lastIndexOf(NEWLINE) + 1;
    if (end > 0 || bytes.length < most) return bytes.subarray(0, end);
  }
  return null;
}

/**
 * Reads the next whole lines of a record.
 *
 * @param from Byte at which a line begins.
 * @returns About half a mebibyte of lines, none where no whole line follows; one that is
 * `null` and ends the file where a line of more than 16 MiB follows.
 */
export async function readPiece(
  handle: FileHandle,
  from: number,
  size: number,
): Promise<RecordPiece> {
  const bytes = await wholeLines(handle, from, size);
  if (bytes === null) return { lines: [null], ends: [size] };
  const ends: number[] = [];
  for (let at = 0; at < bytes.length;) {
    at = bytes.indexOf(NEWLINE, at) + 1;
    ends.push(from + at);
  }
  const texts = new TextDecoder().decode(bytes).split("\n").slice(0, -1);
  return { lines: texts.map(parseMetricsLine), ends };
}

/** Reach of a record without a fault. */
export interface RecordReach {
  /** Step of its first line, 0 if it has none. */
  readonly first: number;
  /** Step behind its last line that is whole and in order. */
  readonly end: number;
  /** Bytes of the lines of steps below the limit of the reading. */
  readonly bytes: number;
  /** Fault of the line behind `end`, or `null`. */
  readonly fault: string | null;
}

/** Fault of a line of a record, or `null`. */
function lineFault(
  line: MetricsLine | null,
  number: number,
  wanted: number | null,
): string | null {
  if (line === null) return `line ${number} is not the record of a step`;
  return wanted === null || line.step === wanted
    ? null
    : `line ${number} is of step ${line.step}, wanted ${wanted}`;
}

/** Fault of a last line without its end; a killed writer leaves its beginning. */
async function restFault(
  handle: FileHandle,
  from: number,
  size: number,
  number: number,
): Promise<string | null> {
  const rest = new Uint8Array(Math.min(size - from, MOST_BYTES));
  await handle.read(rest, 0, rest.length, from);
  const isBeginning = rest.length === 0 ||
    rest[0] === BRACE && !rest.includes(0);
  return isBeginning ? null : lineFault(null, number, null);
}

async function readLines(
  handle: FileHandle,
  limit: number,
  visit: (line: MetricsLine) => void,
): Promise<RecordReach> {
  const { size } = await handle.stat();
  let [at, count, bytes, fault]: [number, number, number, string | null] = //
    [0, 0, 0, null];
  let [first, end]: [number | null, number | null] = [null, null];
  for (let isMore = true; isMore && fault === null;) {
    const piece = await readPiece(handle, at, size);
    isMore = piece.lines.length > 0;
    for (let i = 0; i < piece.lines.length; i++) {
      const line = piece.lines[i] ?? null;
      fault = lineFault(line, ++count, end);
      if (line === null || fault !== null) break;
      at = piece.ends[i] ?? at;
      first ??= line.step;
      end = line.step + 1;
      if (line.step >= limit) continue;
      bytes = at;
      visit(line);
    }
  }
  fault ??= await restFault(handle, at, size, count + 1);
  return { first: first ?? 0, end: end ?? first ?? 0, bytes, fault };
}

async function withFile<A>(
  path: string,
  use: (handle: FileHandle) => Promise<A>,
): Promise<A> {
  const handle = await openRegular(path);
  try {
    return await use(handle);
  } finally {
    await handle.close();
  }
}

/**
 * Reads a record line by line up to its first fault: a line that is not the record
 * of a step, or of another step than the next. A last line without its end, as a
 * killed writer leaves it, is none.
 *
 * @param limit Steps below it are visited.
 * @param visit Called with each step, in order.
 */
export function readRecord(
  path: string,
  limit: number,
  visit: (line: MetricsLine) => void,
): Promise<Result<TrainError, RecordReach>> {
  return fileResult(
    path,
    () => withFile(path, (handle) => readLines(handle, limit, visit)),
  );
}

/**
 * Reads all of a short record; `readRecord` does so in little memory. A last line
 * that was cut off when its writer was killed is skipped.
 *
 * @returns Lines in order, one for each step from the first one on; or the number
 * of the first line that is broken or of another step.
 */
export async function readMetrics(
  path: string,
): Promise<Result<TrainError, readonly MetricsLine[]>> {
  const lines: MetricsLine[] = [];
  const read = await readRecord(path, Infinity, (line) => lines.push(line));
  if (read._tag === "Left") return read;
  const { fault: reason } = read.right;
  return reason === null
    ? right(lines)
    : left({ _tag: "FileFailed", path, reason });
}

/** Bytes at the end of a record that say how far it goes. */
const TAIL_BYTES = 2 ** 16;

/**
 * The step behind the last line of a record, from its end alone where that is whole.
 *
 * @returns `null` if it says nothing: it is missing, empty or cannot be read.
 */
export async function recordEnd(path: string): Promise<number | null> {
  const quick = await fileResult(path, () =>
    withFile(path, async (handle) => {
      const { size } = await handle.stat();
      const from = Math.max(0, size - TAIL_BYTES);
      const { lines } = await readPiece(handle, from, size);
      return lines.at(-1)?.step;
    }));
  if (quick._tag === "Right" && quick.right !== undefined) {
    return quick.right + 1;
  }
  const read = await readRecord(path, 0, () => {});
  return read._tag === "Left" || read.right.end === 0 ? null : read.right.end;
}

/** Cuts a record back to so many bytes, if it has more. */
export function cutRecord(
  path: string,
  bytes: number,
): Promise<Result<TrainError, void>> {
  return fileResult(path, async () => {
    if ((await stat(path)).size === bytes) return;
    await truncate(path, bytes);
    await syncFile(path);
  });
}

/** Copies the first bytes of a record; the copy is whole or not there. */
export function copyRecord(
  from: string,
  to: string,
  bytes: number,
): Promise<Result<TrainError, void>> {
  const beside = `${to}.partial`;
  return fileResult(to, async () => {
    try {
      await copyFile(from, beside);
      await truncate(beside, bytes);
      await syncFile(beside);
      await rename(beside, to);
    } catch (error) {
      await rm(beside, { force: true });
      throw error;
    }
    await syncFolder(dirname(to));
  });
}

/** Adds steps to a record that is its own. */
export type RecordWriter = (
  report: StepReport,
) => Promise<Result<TrainError, void>>;

/** Identity and length of the file at a path; `null` if there is none. */
async function fileAt(
  path: string,
): Promise<{ readonly file: string; readonly size: number } | null> {
  try {
    const found = await stat(path);
    const { dev, ino, size } = found;
    return { file: found.isDirectory() ? "directory" : `${dev}:${ino}`, size };
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/**
 * Adds steps to a record, as long as no other process changes it: what was removed, cut,
 * replaced or written to since the last step would not be the record of the run.
 *
 * @param path `metrics.jsonl`, there already.
 * @returns Adds a step, or says what was done to the file.
 */
export async function recordWriter(
  path: string,
): Promise<Result<TrainError, RecordWriter>> {
  const opened = await fileResult(path, () => fileAt(path));
  if (opened._tag === "Left") return opened;
  let { file, size } = opened.right ?? { file: "", size: 0 };
  const check = async (): Promise<void> => {
    const now = await fileAt(path);
    const was = now === null
      ? "removed"
      : now.file !== file
      ? `replaced by ${
        now.file === "directory" ? "a directory" : "another file"
      }`
      : now.size < size
      ? `cut from ${size} to ${now.size} bytes`
      : now.size > size
      ? `written to by another (${now.size} bytes, this run left ${size})`
      : null;
    if (was !== null) throw new Error(`it was ${was} while the run went on`);
  };
  return right((report) =>
    fileResult(path, async () => {
      const line = `${JSON.stringify(metricsLine(report))}\n`;
      await check();
      await appendFile(path, line);
      size += new TextEncoder().encode(line).length;
    })
  );
}
