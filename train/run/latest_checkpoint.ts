/** Checkpoints from which a run can go on. */
import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { left, type Result, right } from "../../core/mod.ts";
import { fileResult } from "../files/file_result.ts";
import { checkpointNames } from "../checkpoint/checkpoint_folder.ts";
import {
  CHECKPOINT_FILES,
  CHECKPOINTS_FOLDER,
  checkpointStep,
  isCheckpointName,
} from "../checkpoint/layout.ts";
import { readDescription } from "../checkpoint/checkpoint_files.ts";
import { type Unusable, unusable } from "../checkpoint/read_checkpoint.ts";
import { METRICS_FILE } from "./metrics.ts";
import { recordEnd } from "./metrics_record.ts";
import type { TrainError } from "../train_error.ts";

const refuse = (path: string, reason: string): Result<TrainError, never> =>
  left({ _tag: "CheckpointRefused", path, reason });

/** A checkpoint that a run does not go on from. */
export interface SkippedCheckpoint {
  /** The checkpoint, or the file of it that is to blame. */
  readonly path: string;
  /** Why. */
  readonly reason: string;
}

/** Checkpoints that were passed over in words, one each. */
export function describeSkipped(
  skipped: readonly SkippedCheckpoint[],
): readonly string[] {
  return skipped.map(({ path, reason }) => `${path}: ${reason}`);
}

/** Candidates for the checkpoint from which a run resumes. */
export interface Candidates {
  /** Checkpoints, that of the most steps first; at least one. */
  readonly paths: readonly [string, ...string[]];
  /** True for a single one that was asked for. */
  readonly isChosen: boolean;
}

/** Progress of a run. */
export interface RunProgress {
  /** Steps that were done. */
  readonly step: number;
  /** Steps of the run; `null` if that is not known. */
  readonly totalSteps: number | null;
}

/** Progress of the run of a checkpoint; by its name if it does not say so well. */
export async function checkpointProgress(
  checkpoint: string,
): Promise<RunProgress> {
  const described = await readDescription(checkpoint);
  return described._tag === "Right"
    ? described.right.file
    : { step: checkpointStep(basename(checkpoint)), totalSteps: null };
}

/** Steps that a checkpoint says it has. */
export const stepsOf = async (checkpoint: string): Promise<number> =>
  (await checkpointProgress(checkpoint)).step;

/** Checkpoints in the order of what they say of themselves: a folder may have been renamed. */
async function newestFirst(
  paths: readonly string[],
): Promise<readonly string[]> {
  const known = await Promise.all(
    paths.map(async (path) => ({ path, steps: await stepsOf(path) })),
  );
  return known.toSorted((a, b) =>
    b.steps - a.steps || (b.path < a.path ? -1 : 1)
  ).map(({ path }) => path);
}

/**
 * The checkpoints in a folder.
 *
 * @param folder Folder of checkpoints, or one checkpoint, or a run's folder that holds `checkpoints`.
 */
export async function candidatesIn(
  folder: string,
): Promise<Result<TrainError, Candidates>> {
  const entries = await fileResult(folder, () => readdir(folder));
  if (entries._tag === "Left") return refuse(folder, "there is no such folder");
  const names = entries.right;
  if (names.includes(CHECKPOINT_FILES.run)) {
    return right({ paths: [folder], isChosen: true });
  }
  const isRun = !names.some(isCheckpointName) &&
    names.includes(CHECKPOINTS_FOLDER);
  const place = isRun ? join(folder, CHECKPOINTS_FOLDER) : folder;
  const paths = (await checkpointNames(place)).map((name) => join(place, name));
  const [first, ...others] = await newestFirst(paths);
  return first !== undefined
    ? right({ paths: [first, ...others], isChosen: false })
    : refuse(
      folder,
      isRun
        ? "it holds no checkpoint to go on from; for a run from the start choose another folder"
        : `it holds no checkpoint (a folder named step-… with ${CHECKPOINT_FILES.run} in it)`,
    );
}

/** Checkpoints that count, and newer ones that were passed over. */
export interface Reached {
  /** Newest first. */
  readonly paths: readonly string[];
  /** Newest first, with the reason. */
  readonly skipped: readonly SkippedCheckpoint[];
}

/**
 * The checkpoints that the record of their run reaches: after a run went back to an
 * early one, those beyond its record are of its former life. A record that reaches
 * none says nothing: it was lost or damaged, not taken back.
 *
 * @param end Steps on its record; `null` if there is none.
 */
export async function reachedBy(
  paths: readonly string[],
  end: number | null,
  describe: string,
): Promise<Reached> {
  const known = await Promise.all(
    paths.map(async (path) => ({ path, steps: await stepsOf(path) })),
  );
  const isBeyond = ({ steps }: { readonly steps: number }): boolean =>
    end !== null && steps > end;
  if (known.every(isBeyond)) return { paths, skipped: [] };
  const reason = `the record ends before it, ${describe}`;
  return {
    paths: known.filter((one) => !isBeyond(one)).map(({ path }) => path),
    skipped: known.filter(isBeyond).map(({ path }) => ({ path, reason })),
  };
}

/**
 * The candidates that the record of their run reaches; one that was asked for by its own
 * path counts whatever the record says.
 */
export async function reachedCandidates(
  { paths, isChosen }: Candidates,
): Promise<Reached> {
  if (isChosen) return { paths, skipped: [] };
  const end = await recordEnd(join(runFolderOf(paths[0]), METRICS_FILE));
  return await reachedBy(paths, end, `after ${end} steps`);
}

/**
 * The first checkpoint that is as it was written. Those before it are passed over, but
 * for one that was asked for, and one that is whole and cannot be used.
 *
 * @param wanted Property that no checkpoint has, in words.
 */
export async function firstWhole<A>(
  from: string,
  { paths, skipped: newer, isChosen }: Reached & Pick<Candidates, "isChosen">,
  open: (path: string) => Promise<Result<Unusable, A>>,
  wanted: string,
): Promise<Result<TrainError, WholeRead<A>>> {
  const skipped = [...newer];
  for (const path of paths) {
    const read = await open(path);
    if (read._tag === "Right") {
      return right({ path, read: read.right, skipped });
    }
    const { left: found } = read;
    if (isChosen || found.kind !== "broken") return left(unusable(found));
    skipped.push({ path: found.path, reason: found.reason });
  }
  const list = describeSkipped(skipped).map((line) => `\n  ${line}`).join("");
  return refuse(from, `none of its checkpoints ${wanted}:${list}`);
}

/** A checkpoint that was read, and newer ones that were passed over. */
interface WholeRead<A> {
  readonly path: string;
  readonly read: A;
  readonly skipped: readonly SkippedCheckpoint[];
}

/**
 * The newest checkpoint in a folder, by the steps that it says it has. What a writer
 * left unfinished is passed over; so is what the record of its run does not reach: after
 * a run went back to an early one, those beyond its record are of its former life.
 *
 * @param folder Folder of checkpoints, or one checkpoint, or a run's folder that holds `checkpoints`.
 */
export async function latestCheckpoint(
  folder: string,
): Promise<Result<TrainError, string>> {
  const candidates = await candidatesIn(folder);
  if (candidates._tag === "Left") return candidates;
  const { paths: [newest] } = await reachedCandidates(candidates.right);
  return right(newest ?? candidates.right.paths[0]);
}

/** Folder of the run that a checkpoint was written by: two levels up. */
export function runFolderOf(checkpoint: string): string {
  return join(checkpoint, "..", "..");
}

/**
 * Folder of the run that one would go on with.
 *
 * @param from A run's folder, its folder of checkpoints, or one of these.
 */
export async function runFolderAt(from: string): Promise<string> {
  const names = await readdir(from).catch((): string[] => []);
  if (names.includes(CHECKPOINT_FILES.run)) return runFolderOf(from);
  return names.some((name) => name.startsWith("step-"))
    ? join(from, "..")
    : from;
}
