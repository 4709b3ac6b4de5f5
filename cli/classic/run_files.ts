/**
 * A training in a folder.
 *
 * @module
 */
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { left, type Result, right } from "../../core/mod.ts";
import {
  fileIdentity,
  fileResult,
  flatSnapshot,
  readTraining,
  replaceFile,
  type Snapshot,
  snapshotByKind,
  type TensorSnapshot,
  type TrainError,
  type Training,
  type TrainingIdentity,
  trainingParts,
} from "../../train/mod.ts";
import { checkWritable } from "../evaluate/check_writable.ts";
import { EMPTY_RECORD, type RunRecord } from "./run_record.ts";

/** A moment of a training, and what it did until then. */
export interface RunStart {
  /** All that it needs to go on. */
  readonly snapshot: Snapshot;
  /** What it did. */
  readonly record: RunRecord;
}

const [NETWORK, RECORD] = ["network.safetensors", "record.json"];

/** Reads a record; only what this program wrote is taken. */
function recordIn(path: string, text: string): Result<TrainError, RunRecord> {
  const refused = (reason: string): Result<TrainError, never> =>
    left({ _tag: "CheckpointRefused", path, reason });
  try {
    const record: unknown = JSON.parse(text);
    const isRecord = typeof record === "object" && record !== null &&
      Object.keys(EMPTY_RECORD).every((key) => key in record);
    return isRecord ? right(record as RunRecord) : refused("it is no record");
  } catch {
    return refused("it is not JSON");
  }
}

/** The record of a network that has none in its own file: of before there was one. */
async function recordBeside(
  folder: string,
  { step }: TensorSnapshot,
): Promise<Result<TrainError, RunRecord>> {
  const path = join(folder, RECORD);
  const text = await fileResult(path, () => readFile(path, "utf8"));
  if (text._tag === "Left") return text;
  const record = recordIn(path, text.right);
  if (record._tag === "Left" || record.right.step === step) return record;
  const reason = `it is of step ${record.right.step}, the network of ${step}`;
  return left({ _tag: "CheckpointRefused", path, reason });
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
  first: Snapshot,
  folder: string | undefined,
): Promise<Result<TrainError, RunStart>> {
  if (folder === undefined) {
    return right({ snapshot: first, record: EMPTY_RECORD });
  }
  const path = join(folder, NETWORK);
  const snapshot = await readTraining(fileIdentity(identity), path);
  if (snapshot._tag === "Left") return snapshot;
  const { note } = snapshot.right;
  const record = note === undefined
    ? await recordBeside(folder, snapshot.right)
    : recordIn(path, note);
  return record._tag === "Left" ? record : right({
    snapshot: snapshotByKind(identity, snapshot.right),
    record: record.right,
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
 * Writes a moment of a training with its record in the same file, so that neither is
 * ever of another step.
 *
 * @param folder Where, or nowhere; one that `openOutput` has made.
 * @param identity The training.
 * @param training The training as it is now.
 * @param record What it did.
 */
export async function saveRun(
  folder: string | undefined,
  identity: TrainingIdentity,
  training: Training,
  record: RunRecord,
): Promise<Result<TrainError, void>> {
  if (folder === undefined) return right(undefined);
  const snapshot = await training.snapshot();
  if (snapshot._tag === "Left") return snapshot;
  const note = JSON.stringify(record);
  return await replaceFile(
    join(folder, NETWORK),
    trainingParts(fileIdentity(identity), {
      ...flatSnapshot(snapshot.right),
      note,
    }),
  );
}
