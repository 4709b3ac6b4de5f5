/** Following a run from outside, by its folder. */
import type { Stats } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import {
  describeFaults,
  type FreezePlan,
  left,
  type Result,
  right,
} from "../../../core/mod.ts";
import { stepFlops } from "../../engine/needs.ts";
import { identityOf } from "../../tasks/identities.ts";
import {
  fileResult,
  isMissing,
  readRegular,
  reasonOf,
} from "../../files/file_result.ts";
import {
  CHECKPOINTS_FOLDER,
  checkpointStep,
  isCheckpointName,
} from "../../checkpoint/layout.ts";
import { type EvaluationLine, readEvaluations } from "../evaluations.ts";
import { METRICS_FILE, type MetricsLine } from "../metrics.ts";
import { describeTrainError } from "../../train_error.ts";
import { isFolderLocked } from "../folder_lock.ts";
import { RUN_FILES, taskOfRun } from "../run_folder.ts";
import { metricsSample } from "../run_history.ts";
import { metricsTail } from "./metrics_tail.ts";
import {
  type FollowedTraining,
  type RunLife,
  runLife,
  type RunStatus,
  runStatus,
} from "./run_status.ts";

/** A checkpoint of a followed run. */
export interface FollowedCheckpoint {
  /** Its path. */
  readonly path: string;
  /** Steps that were done. */
  readonly step: number;
  /** Time of its last write, milliseconds since 1970. */
  readonly writtenAt: number;
}

/** A run as it is seen from outside. */
export interface FollowedRun {
  /** Kind of training. */
  readonly task: string;
  /** Its plan. */
  readonly plan: FreezePlan<unknown>;
  /** Its status. */
  readonly status: RunStatus;
  /** State of its process. */
  readonly life: RunLife;
  /** Steps of its record, thinned where there are very many. */
  readonly lines: readonly MetricsLine[];
  /** Its evaluations so far; empty for trainings that are not evaluated. */
  readonly evaluations: readonly EvaluationLine[];
  /** Its newest checkpoint, if there is one. */
  readonly checkpoint: FollowedCheckpoint | null;
  /** Seconds since its record was written to. */
  readonly silence: number;
  /** Fault of its record, if there is one. */
  readonly complaint: string | null;
}

/** Reason why a folder does not show a run. */
export interface NoRun {
  /** True if there is such a folder, in which a run may still start. */
  readonly isThere: boolean;
  /** In words. */
  readonly reason: string;
}

/** Reads a run's folder as often as is wanted; only what is new is read again. */
export type Follower = () => Promise<Result<NoRun, FollowedRun>>;

const noRun = (reason: string, isThere = true): Result<NoRun, never> =>
  left({ isThere, reason });

/** Bytes of the largest plan or configuration that is read. */
const MOST_BYTES = 2 ** 26;

/** Contents of a JSON file. */
async function readJson(path: string): Promise<Result<string, unknown>> {
  const text = await fileResult(
    path,
    () => readRegular(path, { most: MOST_BYTES }),
  );
  if (text._tag === "Left") return left(describeTrainError(text.left));
  try {
    return right(JSON.parse(text.right));
  } catch {
    // No word of the file: it may be a link to one that is not for all to see.
    return left(`${path}: not JSON`);
  }
}

/** Identity of a run, as long as its files stay the same. */
interface Identity extends FollowedTraining {
  readonly writtenAt: number;
  readonly ino: number;
}

/** The training in a folder, made again from its configuration and length. */
async function readTrainingOf(
  folder: string,
): Promise<Result<string, FollowedTraining>> {
  const config = await readJson(join(folder, RUN_FILES.config));
  if (config._tag === "Left") return config;
  const plan = await readJson(join(folder, RUN_FILES.plan));
  if (plan._tag === "Left") return plan;
  const { version, totalSteps } = (plan.right ?? {}) as Partial<FreezePlan>;
  if (version !== 1 || !Number.isSafeInteger(totalSteps)) {
    const path = join(folder, RUN_FILES.plan);
    return left(`${path}: not a plan of version 1 with its totalSteps`);
  }
  const task = await taskOfRun(folder);
  const made = identityOf(task, config.right, Number(totalSteps));
  if (made._tag === "Left") {
    const path = join(folder, RUN_FILES.config);
    return left(`${path}: ${describeFaults(made.left)}`);
  }
  const flopsOf = stepFlops(made.right);
  const costs = made.right.plan.phases.map(flopsOf);
  return right({ ...made.right, costOf: ({ index }) => costs[index] ?? NaN });
}

/** Metadata of the entry at a path, `null` if there is none; or why they cannot be read. */
async function entryAt(path: string): Promise<Result<string, Stats | null>> {
  try {
    return right(await stat(path));
  } catch (error) {
    return isMissing(error) ? right(null) : left(`${path}: ${reasonOf(error)}`);
  }
}

async function readIdentity(
  folder: string,
  known: Identity | null,
): Promise<Result<NoRun, Identity>> {
  const place = await entryAt(folder);
  if (place._tag === "Left") return noRun(place.left, false);
  if (place.right === null) return noRun(`${folder}: no such folder`, false);
  if (!place.right.isDirectory()) {
    return noRun(`${folder}: a file, not a run's folder`, false);
  }
  const path = join(folder, RUN_FILES.plan);
  const file = await entryAt(path);
  if (file._tag === "Left") return noRun(file.left);
  if (file.right === null) {
    return noRun(`${folder}: no run in it yet (no plan.json)`);
  }
  const { mtimeMs: writtenAt, ino } = file.right;
  if (known?.writtenAt === writtenAt && known.ino === ino) return right(known);
  const training = await readTrainingOf(folder);
  return training._tag === "Left"
    ? noRun(training.left)
    : right({ ...training.right, writtenAt, ino });
}

/** The newest checkpoint up to a step: later ones are of a former life of the run. */
async function newestCheckpoint(
  folder: string,
  done: number,
): Promise<FollowedCheckpoint | null> {
  const checkpoints = join(folder, CHECKPOINTS_FOLDER);
  const names = await readdir(checkpoints).catch((): string[] => []);
  const name = names.filter(isCheckpointName).sort()
    .findLast((one) => checkpointStep(one) <= done);
  if (name === undefined) return null;
  const path = join(checkpoints, name);
  return await stat(path).then(
    ({ mtimeMs }) => ({ path, step: checkpointStep(name), writtenAt: mtimeMs }),
    () => null,
  );
}

/** A record that is read to its end again and again. */
function followedRecord(path: string) {
  const tail = metricsTail(path);
  let sample = metricsSample();
  let complaint: string | null = null;
  let end: number | null = null;
  return async () => {
    for (;;) {
      const piece = await tail.next();
      if (piece._tag === "Left") {
        const reason = describeTrainError(piece.left);
        return { sample, complaint: reason, writtenAt: null };
      }
      const { isRestarted, lines, broken, hasMore, writtenAt } = piece.right;
      if (isRestarted) [sample, complaint, end] = [metricsSample(), null, null];
      const [first] = broken;
      if (first !== undefined) {
        complaint ??= `${path}: line ${first} is not the record of a step`;
      }
      for (const line of lines) {
        if (line.step !== (end ?? line.step)) {
          complaint ??= `${path}: step ${line.step} follows, wanted ${end}`;
        }
        end = line.step + 1;
        sample.add(line);
      }
      if (!hasMore) return { sample, complaint, writtenAt };
    }
  };
}

/**
 * Follows a run by its folder, without touching it.
 *
 * @param folder The folder; missing, empty, of a living, finished or dead run.
 * @param now The time, milliseconds since 1970.
 * @returns A function that gives the current status of the run, or why there is none.
 *
 * @example A folder that is not there
 * ```ts
 * import { followRun } from "@vitfreeze/vitfreeze";
 * import { strictEqual } from "node:assert/strict";
 *
 * const run = await followRun("runs/none")();
 *
 * strictEqual(run._tag === "Left" && run.left.reason, "runs/none: no such folder");
 * ```
 */
export function followRun(
  folder: string,
  now: () => number = Date.now,
): Follower {
  const readRecord = followedRecord(join(folder, METRICS_FILE));
  let identity: Identity | null = null;
  return async () => {
    const found = await readIdentity(folder, identity);
    if (found._tag === "Left") return found;
    identity = found.right;
    const { task, plan } = identity;
    const { sample, complaint, writtenAt } = await readRecord();
    const { lines, recent } = sample;
    const status = runStatus({ ...identity, lines, recent });
    const { done, secondsPerStep } = status;
    const silence = (now() - (writtenAt ?? identity.writtenAt)) / 1000;
    const isComplete = done >= plan.totalSteps;
    const isLocked = await isFolderLocked(folder);
    const signs = { isComplete, isLocked, silence, secondsPerStep };
    const evaluations = await readEvaluations(folder);
    return right({
      ...{ task, plan },
      evaluations: evaluations._tag === "Right"
        ? evaluations.right.filter(({ step }) => step <= done)
        : [],
      status,
      life: runLife(signs),
      lines: [...lines],
      checkpoint: await newestCheckpoint(folder, done),
      silence,
      complaint,
    });
  };
}
