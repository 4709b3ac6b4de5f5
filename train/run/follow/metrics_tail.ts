/** Reading a record while it is written. */
import type { FileHandle } from "node:fs/promises";
import type { Result } from "../../../core/mod.ts";
import { fileResult, isMissing, openRegular } from "../../files/file_result.ts";
import type { MetricsLine } from "../metrics.ts";
import { readPiece } from "../metrics_record.ts";
import type { TrainError } from "../../train_error.ts";

/** New steps of a record. */
export interface TailPiece {
  /** True if the record was replaced or truncated since the last call. */
  readonly isRestarted: boolean;
  /** Steps that were not given before, in order. */
  readonly lines: readonly MetricsLine[];
  /** Numbers of whole lines, from 1, that are not the record of a step. */
  readonly broken: readonly number[];
  /** True if there is more to read at once. */
  readonly hasMore: boolean;
  /** Time of the record's last write, milliseconds since 1970; `null` if there is none. */
  readonly writtenAt: number | null;
}

/** A record that is read on. */
export interface MetricsTail {
  /** Lines added since the last call; an incomplete last line waits for its end. */
  next(): Promise<Result<TrainError, TailPiece>>;
}

/** Position where reading stopped. */
interface Place {
  /** Identity of the file. */
  readonly file: string;
  /** Bytes of whole lines that were read. */
  readonly bytes: number;
  /** Number of lines read so far. */
  readonly lines: number;
  /** The last bytes of them: they tell a file that was cut and has grown again. */
  readonly mark: Uint8Array;
}

const BEGINNING: Place = {
  file: "",
  bytes: 0,
  lines: 0,
  mark: new Uint8Array(),
};

/** Bytes of a mark: the times of a step are in them, which no two have alike. */
const MARK_BYTES = 128;

async function bytesBefore(
  handle: FileHandle,
  end: number,
): Promise<Uint8Array> {
  const mark = new Uint8Array(Math.min(end, MARK_BYTES));
  await handle.read(mark, 0, mark.length, end - mark.length);
  return mark;
}

/** True if an open file is the one that was read, with all that was read of it. */
async function isSame(
  handle: FileHandle,
  file: string,
  size: number,
  place: Place,
): Promise<boolean> {
  if (file !== place.file || size < place.bytes) return false;
  const mark = await bytesBefore(handle, place.bytes);
  return mark.every((byte, i) => byte === place.mark[i]);
}

async function readOn(
  handle: FileHandle,
  place: Place,
): Promise<readonly [TailPiece, Place]> {
  const { dev, ino, size, mtimeMs } = await handle.stat();
  const file = `${dev}:${ino}`;
  const isRestarted = !await isSame(handle, file, size, place);
  const { bytes: from, lines: before } = isRestarted ? BEGINNING : place;
  const { lines: found, ends } = await readPiece(handle, from, size);
  const bytes = ends.at(-1) ?? from;
  const piece = {
    isRestarted,
    lines: found.filter((line) => line !== null),
    broken: found.flatMap((line, i) => line === null ? [before + i + 1] : []),
    hasMore: found.length > 0 && bytes < size,
    writtenAt: mtimeMs,
  };
  const mark = await bytesBefore(handle, bytes);
  return [piece, { file, bytes, lines: before + found.length, mark }];
}

/** Contents of a missing record. */
const NOTHING = {
  lines: [],
  broken: [],
  hasMore: false,
  writtenAt: null,
} as const;

/** The open record; `null` if there is none. */
async function openIfThere(path: string): Promise<FileHandle | null> {
  try {
    return await openRegular(path);
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/**
 * Reads a record that another process may be writing, a piece at a time. Replacing
 * or truncating it, as a resume does, restarts it.
 *
 * @param path `metrics.jsonl`; it may be missing for now.
 *
 * @example A line counts when its end is there
 * ```ts
 * import { metricsTail } from "./metrics_tail.ts";
 * import { strictEqual } from "node:assert/strict";
 *
 * const path = await Deno.makeTempFile();
 * const text = JSON.stringify({
 *   ...{ step: 0, epoch: 0, phase: 0, frozenLayers: 0, rates: [], unfrozenRate: 0 },
 *   ...{ loss: 1, stageLosses: {} },
 *   milliseconds: { data: 0, gradient: 1, update: 0, compile: 0, total: 1 },
 * });
 * await Deno.writeTextFile(path, `${text}\n{"ste`);
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
          const isRestarted = place !== BEGINNING;
          place = BEGINNING;
          return { ...NOTHING, isRestarted };
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
