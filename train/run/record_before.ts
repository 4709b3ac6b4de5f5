/** Record of a run before one of its checkpoints. */
import { rename, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Result, right } from "../../core/mod.ts";
import { fileResult, folderNames } from "../files/file_result.ts";
import { replaceFile } from "../files/atomic_file.ts";
import { METRICS_FILE, type MetricsLine } from "./metrics.ts";
import { copyRecord, cutRecord, readRecord } from "./metrics_record.ts";
import { type RunHistory, runHistory } from "./run_history.ts";
import type { TrainError } from "../train_error.ts";

/**
 * Makes a consumer of the recorded steps before the start of a run, in order. Made again
 * where the record has to be read again.
 */
export type Witness = () => (line: MetricsLine) => void;

/** The record of a run up to a step. */
export interface RecordBefore {
  /** The file. */
  readonly path: string;
  /** The step up to which it was read. */
  readonly limit: number;
  /** Step behind its last one in order; `null` if it is missing or empty and says nothing. */
  readonly end: number | null;
  /** Bytes of the lines before `limit`. */
  readonly bytes: number;
  /** The steps before `limit`. */
  readonly history: Pick<RunHistory, "lines" | "totals">;
  /** Place and cause of its end, as a clause. */
  readonly describe: string;
  /** Its fault, or `null`. */
  readonly fault: string | null;
}

const NO_RECORD = { first: 0, end: 0, bytes: 0, fault: "it is missing" };

/** Reads the record in a run's folder. */
export async function recordBefore(
  folder: string,
  limit: number,
  witness: Witness,
): Promise<Result<TrainError, RecordBefore>> {
  const names = await folderNames(folder);
  if (names._tag === "Left") return names;
  const path = join(folder, METRICS_FILE);
  const history = runHistory();
  const tell = witness();
  const read = names.right.includes(METRICS_FILE)
    ? await readRecord(path, limit, (line) => {
      history.add(line);
      tell(line);
    })
    : right(NO_RECORD);
  if (read._tag === "Left") return read;
  const { end, bytes, fault } = read.right;
  return right({
    path,
    limit,
    end: end === 0 ? null : end,
    bytes,
    history,
    describe: fault === null ? `after ${end} steps` : `at a fault: ${fault}`,
    fault,
  });
}

/** A name beside a record that nothing has yet. */
async function freeName(folder: string): Promise<Result<TrainError, string>> {
  const names = await folderNames(folder);
  if (names._tag === "Left") return names;
  let name = `${METRICS_FILE}.damaged`;
  for (let n = 2; names.right.includes(name); n++) {
    name = `${METRICS_FILE}.damaged-${n}`;
  }
  return right(join(folder, name));
}

/** True if a record continues at a step: it reaches it, and from its first line on. */
const goesOnAt = ({ end, bytes }: RecordBefore, step: number): boolean =>
  end !== null && end >= step && (bytes > 0 || step === 0);

/** Puts a record that says nothing of a run's past out of the way; the run begins another. */
async function begunAnew(
  { path, fault, end }: RecordBefore,
  step: number,
): Promise<Result<TrainError, string | null>> {
  const folder = dirname(path);
  const size = await stat(path).then(({ size }) => size, () => null);
  const aside = await freeName(folder);
  if (aside._tag === "Left") return aside;
  if (size !== null && size > 0) {
    const moved = await fileResult(path, () => rename(path, aside.right));
    if (moved._tag === "Left") return moved;
  }
  const begun = size === 0 ? right(undefined) : await replaceFile(path, "");
  if (begun._tag === "Left" || step === 0 && !size) {
    return begun._tag === "Left" ? begun : right(null);
  }
  const what = fault ??
    (end === null ? "it is empty" : `it has no steps from before ${step}`);
  const kept = size ? `; what it holds is kept in ${aside.right}` : "";
  return right(
    `${path}: ${what}: the steps before ${step} are not on record${kept}`,
  );
}

/**
 * Prepares a record for a run that resumes at its limit: its own is cut back, a
 * copy goes into another folder. One that does not reach there is kept under another
 * name, and a new one begun.
 *
 * @returns Message about it, `null` if all was as it should be.
 */
export async function goOnRecord(
  before: RecordBefore,
  folder: string,
  isOwn: boolean,
): Promise<Result<TrainError, string | null>> {
  const { path, limit, bytes, fault } = before;
  if (!goesOnAt(before, limit)) {
    if (isOwn) return await begunAnew(before, limit);
    const begun = await replaceFile(join(folder, METRICS_FILE), "");
    return begun._tag === "Left" ? begun : right(
      limit === 0
        ? null
        : `${path}: ${before.describe}: the steps before ${limit} are not on record`,
    );
  }
  const ready = isOwn
    ? await cutRecord(path, bytes)
    : await copyRecord(path, join(folder, METRICS_FILE), bytes);
  return ready._tag === "Left" ? ready : right(
    fault === null
      ? null
      : `${path}: ${fault}; it is cut there, and steps from ${limit} on are taken again`,
  );
}
