/**
 * A training in a folder.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { left, type Result, right } from "../../core/mod.ts";
import {
  fileResult,
  replaceFile,
  type SteppedTraining,
  type TensorSnapshot,
  type TrainError,
  type TrainingIdentity,
  trainingParts,
} from "../../train/mod.ts";
import { checkWritable } from "../evaluate/check_writable.ts";
import { startOf } from "../evaluate/training_start.ts";
import { EMPTY_RECORD, type RunRecord } from "./run_record.ts";

/** A moment of a training, and what it did until then. */
export interface RunStart {
  /** All that it needs to go on. */
  readonly snapshot: TensorSnapshot;
  /** What it did. */
  readonly record: RunRecord;
}

const [NETWORK, RECORD] = ["network.safetensors", "record.json"];

const digestOf = (record: unknown): string =>
  createHash("sha512").update(JSON.stringify(record)).digest("hex");

/** A record as text, with the digest of the rest of it. */
const recordText = (record: RunRecord): string =>
  JSON.stringify({ ...record, sha512: digestOf(record) });

/** Reads a record; only what this program wrote is taken. Earlier ones have no digest. */
function recordIn(path: string, text: string): Result<TrainError, RunRecord> {
  const refused = (reason: string): Result<TrainError, never> =>
    left({ _tag: "CheckpointRefused", path, reason });
  try {
    const { sha512, ...record } = Object(JSON.parse(text));
    const isRecord = Object.keys(EMPTY_RECORD).every((key) => key in record);
    if (!isRecord) return refused("it is no record");
    return sha512 === undefined || sha512 === digestOf(record)
      ? right(record as RunRecord)
      : refused("it is not as it was written: its digest is another");
  } catch {
    return refused("it is not JSON");
  }
}

/**
 * Where a training starts.
 *
 * @param identity The training.
 * @param first The moment before its first step.
 * @param folder A folder to go on from, if there is one.
 */
export async function openRun(
  identity: TrainingIdentity,
  first: TensorSnapshot,
  folder: string | undefined,
): Promise<Result<TrainError, RunStart>> {
  if (folder === undefined) {
    return right({ snapshot: first, record: EMPTY_RECORD });
  }
  const snapshot = await startOf(identity, first, join(folder, NETWORK));
  if (snapshot._tag === "Left") return snapshot;
  const path = join(folder, RECORD);
  const text = await fileResult(path, () => readFile(path, "utf8"));
  if (text._tag === "Left") return text;
  const record = recordIn(path, text.right);
  if (record._tag === "Left") return record;
  const { step } = snapshot.right;
  return record.right.step === step
    ? right({ snapshot: snapshot.right, record: record.right })
    : left({
      _tag: "CheckpointRefused",
      path,
      reason: `it is of step ${record.right.step}, the network of ${step}`,
    });
}

/**
 * Makes the folder of a training and sees that it can be written to, before an epoch
 * is spent.
 *
 * @param folder Where, or nowhere.
 */
export async function openOutput(
  folder: string | undefined,
): Promise<Result<TrainError, void>> {
  if (folder === undefined) return right(undefined);
  const made = await fileResult(
    folder,
    () => mkdir(folder, { recursive: true }),
  );
  return made._tag === "Left"
    ? made
    : await checkWritable(join(folder, NETWORK));
}

/**
 * Writes a moment of a training and its record.
 *
 * @param folder Where, or nowhere; one that `openOutput` has made.
 * @param identity The training.
 * @param training The training as it is now.
 * @param record What it did.
 */
export async function saveRun(
  folder: string | undefined,
  identity: TrainingIdentity,
  training: SteppedTraining<unknown>,
  record: RunRecord,
): Promise<Result<TrainError, void>> {
  if (folder === undefined) return right(undefined);
  const snapshot = await training.snapshot();
  if (snapshot._tag === "Left") return snapshot;
  const network = trainingParts(identity, snapshot.right);
  const written = await replaceFile(join(folder, NETWORK), network);
  if (written._tag === "Left") return written;
  return await replaceFile(join(folder, RECORD), recordText(record));
}
