/** The folder of a resumed run. */
import { join, resolve } from "node:path";
import { type Result, right } from "../../core/mod.ts";
import type { TrainingIdentity } from "../engine/task.ts";
import { fileResult } from "../files/file_result.ts";
import {
  checkpointNames,
  removeCheckpoint,
  tidyCheckpoints,
} from "../checkpoint/checkpoint_folder.ts";
import { CHECKPOINTS_FOLDER, checkpointStep } from "../checkpoint/layout.ts";
import type { KeptCheckpoints } from "../checkpoint/checkpoint_policy.ts";
import { runFolderAt, type SkippedCheckpoint } from "./latest_checkpoint.ts";
import {
  newestWholeCheckpoint,
  type WholeCheckpoint,
} from "./newest_whole_checkpoint.ts";
import { goOnRecord, type Witness } from "./record_before.ts";
import {
  describeRun,
  type FolderPlace,
  openedFolder,
  refuseOtherRun,
  type RunFolder,
  whileLocked,
} from "./run_folder.ts";
import type { TrainError } from "../train_error.ts";

/** Options of a resumed run. */
export interface ResumeOptions {
  /**
   * Permission for its schedule to differ from the checkpoint's: freeze times, rates,
   * warm-up, epochs. Without, a difference is refused (`ScheduleDiffers`).
   */
  readonly allowScheduleChange?: boolean;
  /** Listener to the steps that were recorded before the start. */
  readonly witness?: Witness;
}

/** Removes checkpoints after a step: under another schedule they are of no use. */
async function removeLater(folder: string, step: number): Promise<void> {
  for (const name of await checkpointNames(folder)) {
    if (checkpointStep(name) > step) {
      await removeCheckpoint(join(folder, name));
    }
  }
}

/**
 * Makes another schedule the folder's own: the start is saved again under it,
 * later checkpoints go.
 */
async function changedFolder(
  folder: RunFolder,
): Promise<Result<TrainError, RunFolder>> {
  const saved = await folder.checkpoint(folder.start);
  if (saved._tag === "Left") return saved;
  const path = join(folder.path, CHECKPOINTS_FOLDER);
  const removed = await fileResult(
    path,
    () => removeLater(path, folder.start.step),
  );
  return removed._tag === "Left"
    ? removed
    : right({ ...folder, checkpointOfStart: saved.right });
}

/** Opens a folder at a checkpoint. The record is cut back first: it says what is the run's. */
async function goOn(
  place: FolderPlace,
  isOwn: boolean,
  found: WholeCheckpoint,
  unfinished: readonly SkippedCheckpoint[],
): Promise<Result<TrainError, RunFolder>> {
  const { path, run } = place;
  const { start, record, change } = found;
  const ready = await goOnRecord(record, path, isOwn);
  if (ready._tag === "Left") return ready;
  const { lines: history, totals } = record.history;
  const opened = await openedFolder(place, {
    start,
    history,
    totals,
    recordNote: ready.right,
    change,
    checkpointOfStart: isOwn ? found.path : null,
    skipped: [...unfinished, ...found.skipped],
  });
  const folder = opened._tag === "Right" && isOwn && change !== null
    ? await changedFolder(opened.right)
    : opened;
  if (folder._tag === "Left") return folder;
  const described = await describeRun(path, run);
  return described._tag === "Left" ? described : folder;
}

/** Puts the checkpoints of a run in order; names those that were unfinished. */
async function tidied(
  path: string,
): Promise<Result<TrainError, readonly SkippedCheckpoint[]>> {
  const folder = join(path, CHECKPOINTS_FOLDER);
  const names = await fileResult(folder, () => tidyCheckpoints(folder));
  if (names._tag === "Left") return names;
  const reason = "it was cut off while it was written or removed";
  return right(
    names.right.map((name) => ({ path: join(folder, name), reason })),
  );
}

/**
 * Opens a folder whose run is to go on, or copies its state into a new one, and
 * locks it. The run resumes at its newest whole checkpoint.
 *
 * @param from A run's folder or one of its checkpoints.
 * @param path Folder of the resumed run: its own, whose record is cut back
 * to the checkpoint, or one without a run, which gets a copy of the record.
 * @param keep Checkpoints to keep; a number is so many of the newest, at least 1.
 * @param options Permission for the schedule to differ, and a listener to the past.
 */
export async function resumeRunFolder(
  from: string,
  path: string,
  run: TrainingIdentity,
  keep: number | KeptCheckpoints,
  { allowScheduleChange = false, witness }: ResumeOptions = {},
): Promise<Result<TrainError, RunFolder>> {
  const find = () =>
    newestWholeCheckpoint(from, run, allowScheduleChange, witness);
  if (resolve(path) === resolve(await runFolderAt(from))) {
    return await whileLocked(path, run, keep, async (place) => {
      const unfinished = await tidied(path);
      if (unfinished._tag === "Left") return unfinished;
      const found = await find();
      return found._tag === "Left"
        ? found
        : goOn(place, true, found.right, unfinished.right);
    });
  }
  const found = await find();
  if (found._tag === "Left") return found;
  return await whileLocked(path, run, keep, async (place) => {
    const free = await refuseOtherRun(path);
    return free._tag === "Left" ? free : goOn(place, false, found.right, []);
  });
}
