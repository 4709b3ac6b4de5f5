/**
 * Reading a record while it is written.
 *
 * @module
 */
import { type FileHandle, open } from "node:fs/promises";
import type { Result } from "../../core/mod.ts";
import { fileResult } from "../atomic_file.ts";
import { isMissing } from "../is_missing.ts";
import type { MetricsLine } from "../metrics.ts";
import type { TrainError } from "../train_error.ts";

/** What was new in a record. */
export interface TailPiece {
  /** Whether the record is another one than before: it was replaced or cut back. */
  readonly isAnew: boolean;
  /** Steps that were not given before, in order. */
  readonly lines: readonly MetricsLine[];
  /** Numbers of whole lines, from 1, that are not the record of a step. */
  readonly broken: readonly number[];
  /** Whether there is more to read at once. */
  readonly hasMore: boolean;
  /** When the record was last written, milliseconds since 1970; `null` if there is none. */
  readonly writtenAt: number | null;
}

/** A record that is read on. */
export interface MetricsTail {
  /** What was added since the last call; a last line without its end waits for it. */
  next(): Promise<Result<TrainError, TailPiece>>;
}

/** Where reading stopped. */
interface Place {
  /** Identity of the file. */
  readonly file: string;
  /** Bytes of whole lines that were read. */
  readonly bytes: number;
  /** How many lines that were. */
  readonly lines: number;
}

const BEGINNING: Place = { file: "", bytes: 0, lines: 0 };

/** Bytes that are read at a time. */
const MOST_BYTES = 2 ** 22;

const NEWLINE = 10;

/** Times without which a step cannot be described. */
const TIMES = ["data", "gradient", "update", "total"] as const;

const isNumbers = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.every((number) => typeof number === "number" || number === null);

/**
 * The step on a line, or `null` if it says none. JSON has no numbers that are not
 * finite: `null` stands for them and becomes `NaN`.
 */
export function parseMetricsLine(text: string): MetricsLine | null {
  let line: Partial<MetricsLine> | null;
  try {
    line = JSON.parse(text);
  } catch {
    return null;
  }
  const isStep = Number.isSafeInteger(line?.step) &&
    Number.isSafeInteger(line?.phase) && isNumbers(line?.rates) &&
    isNumbers(Object.values(line?.stageLosses ?? {})) &&
    TIMES.every((part) => Number.isFinite(line?.milliseconds?.[part]));
  return isStep ? { ...line as MetricsLine, loss: line?.loss ?? NaN } : null;
}

/** Whole lines from a place on, as bytes; more than `MOST_BYTES` only if one line is longer. */
async function wholeLines(
  handle: FileHandle,
  from: number,
  size: number,
): Promise<Uint8Array> {
  for (let most = MOST_BYTES;; most *= 2) {
    const length = Math.min(size - from, most);
    const bytes = new Uint8Array(length);
    const { bytesRead } = await handle.read(bytes, 0, length, from);
    const end = bytes.subarray(0, bytesRead).lastIndexOf(NEWLINE) + 1;
    if (end > 0 || length < most) return bytes.subarray(0, end);
  }
}

function pieceOf(
  bytes: Uint8Array,
  before: number,
): Pick<TailPiece, "lines" | "broken"> & { readonly count: number } {
  const texts = new TextDecoder().decode(bytes).split("\n").slice(0, -1);
  const parsed = texts.map(parseMetricsLine);
  return {
    lines: parsed.filter((line) => line !== null),
    broken: parsed.flatMap((line, i) => line === null ? [before + i + 1] : []),
    count: texts.length,
  };
}

async function readOn(
  handle: FileHandle,
  place: Place,
): Promise<readonly [TailPiece, Place]> {
  const { dev, ino, size, mtimeMs } = await handle.stat();
  const file = `${dev}:${ino}`;
  const isAnew = file !== place.file || size < place.bytes;
  const { bytes: from, lines: before } = isAnew ? BEGINNING : place;
  const bytes = await wholeLines(handle, from, size);
  const { lines, broken, count } = pieceOf(bytes, before);
  const next = { file, bytes: from + bytes.length, lines: before + count };
  const hasMore = bytes.length > 0 && next.bytes < size;
  return [{ isAnew, lines, broken, hasMore, writtenAt: mtimeMs }, next];
}

/** What there is of a missing record. */
const NOTHING = {
  lines: [],
  broken: [],
  hasMore: false,
  writtenAt: null,
} as const;

/** The open record; `null` if there is none. */
async function openIfThere(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, "r");
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/**
 * Reads a record that another process may be writing, a piece at a time. Replacing
 * or cutting it back, as a resume does, begins it anew.
 *
 * @param path `metrics.jsonl`; it may be missing for now.
 *
 * @example A line counts when its end is there
 * ```ts
 * import { metricsTail } from "@vitfreeze/vitfreeze/train";
 * import { strictEqual } from "node:assert/strict";
 *
 * const path = await Deno.makeTempFile();
 * await Deno.writeTextFile(path, '{"step":0,"phase":0,"rates":[],"milliseconds":{"data":0,"gradient":1,"update":0,"total":1}}\n{"ste');
 * const piece = await metricsTail(path).next();
 *
 * strictEqual(piece._tag === "Right" && piece.right.lines.length, 1);
 * await Deno.remove(path);
 * ```
 */
export function metricsTail(path: string): MetricsTail {
  let place = BEGINNING;
  return {
    next: () =>
      fileResult(path, async () => {
        const handle = await openIfThere(path);
        if (handle === null) {
          const isAnew = place !== BEGINNING;
          place = BEGINNING;
          return { ...NOTHING, isAnew };
        }
        try {
          const [piece, next] = await readOn(handle, place);
          place = next;
          return piece;
        } finally {
          await handle.close();
        }
      }),
  };
}
