/** The run of a part of a trial, in a folder of its own. */
import { access, mkdir, rm } from "node:fs/promises";
import type { Backend } from "../../backends/mod.ts";
import { left } from "../../core/mod.ts";
import {
  type CheckpointPolicy,
  checkUnlocked,
  createRunFolder,
  epochSteps,
  fileResult,
  latestCheckpoint,
  readTraining,
  resumeRunFolder,
  type RunFolder,
  type Scores,
  type Snapshot,
  train,
  type TrainingIdentity,
} from "../../train/mod.ts";
import { mustWork } from "../command/describe_errors.ts";
import { barStream } from "../output/progress_bar.ts";
import {
  epochEvaluations,
  evaluationsBefore,
} from "../runs/epoch_evaluation.ts";
import type { PlannedRun } from "../runs/planned_run.ts";
import { progressOn } from "../runs/progress.ts";
import { takeSteps } from "../runs/take_steps.ts";

/** A part that was stopped before its end. */
export type Interrupted = "interrupted";

/** A checkpoint after every epoch; only the newest is needed. */
export const partPolicy = (identity: TrainingIdentity): CheckpointPolicy => ({
  everySteps: epochSteps(identity),
  everyMinutes: null,
  keepLast: 1,
  keepAtFreeze: false,
});

/** Takes away what a run left that has no checkpoint to go on from. */
async function empty(path: string): Promise<void> {
  mustWork(await checkUnlocked(path));
  mustWork(
    await fileResult(path, async () => {
      await rm(path, { recursive: true, force: true });
      await mkdir(path, { recursive: true });
    }),
  );
}

/**
 * Opens the folder of a run, begun before or not; one without a checkpoint was never
 * begun.
 *
 * @param start Start of a new run.
 */
export async function openPart(
  run: TrainingIdentity,
  start: Snapshot,
  path: string,
): Promise<RunFolder> {
  const latest = await latestCheckpoint(path);
  if (latest._tag === "Right") {
    return mustWork(await resumeRunFolder(path, path, run, 1));
  }
  await empty(path);
  return mustWork(await createRunFolder(path, run, start, 1));
}

/** Backend, output and stop signal of a part. */
export interface PartContext {
  readonly backend: Backend;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Takes the steps of a part, from the beginning or from where it was stopped.
 *
 * @param planned The training.
 * @param path Its folder; a file of an earlier version beside it, `PATH.safetensors`, is
 * gone on from.
 * @returns Its scores at the end, or that it was stopped.
 * @throws {CommandFailed} where it fails.
 */
export async function partRun(
  planned: PlannedRun,
  path: string,
  { backend, say, signal }: PartContext,
): Promise<Scores | Interrupted> {
  const { task, evaluator, batches } = planned;
  const file = `${path}.safetensors`;
  const isThere = await access(file).then(() => true, () => false);
  const filed = isThere ? mustWork(await readTraining(task, file)) : null;
  using folder = await openPart(task, filed?.snapshot ?? planned.start, path);
  const { start } = folder;
  const before = { earlier: { from: path }, file: null };
  const evaluations = await evaluationsBefore(
    { evaluator },
    before,
    folder,
    null,
  );
  const bar = progressOn(planned, barStream(), start.step, say);
  const run = { task, backend, evaluator, folder, evaluations };
  const end = await takeSteps({
    ...planned,
    ...{ folder, signal, progress: bar, policy: partPolicy(task) },
    // The end alone counts: of few labelled images an epoch is shorter than an evaluation
    // of all others, and a line for each part would bury all else.
    evaluating: epochEvaluations(run, {
      progress: { ...bar, say: () => {} },
      signal,
      isOfEndAlone: true,
    }),
    begin: (hooks, signal, onProgress) =>
      train(task, {
        ...{ backend, batches, start, hooks, signal, onProgress },
        ahead: backend.runsAhead ?? 0,
      }),
  });
  bar.end();
  end.run.dispose();
  if (end.cause === "interrupted") return end.cause;
  if (end.cause !== "finished") return mustWork(left(end.cause));
  return end.evaluations.at(-1)?.scores ?? {};
}
