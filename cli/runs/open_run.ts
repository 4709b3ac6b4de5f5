/** Opening of a planned training: device and folder. */
import type { Backend } from "../../backends/mod.ts";
import {
  type CheckpointPolicy,
  commonStart,
  epochSteps,
  type EvaluationLine,
  type FiledTraining,
  type LossWatch,
  lossWatch,
  readTraining,
  type RunFolder,
  train,
} from "../../train/mod.ts";
import { must } from "../command/command_failed.ts";
import { describeTraining, mustWork } from "../command/describe_errors.ts";
import { badImageWords } from "../images/loading.ts";
import { waitingFor } from "../output/progress_bar.ts";
import { newFolder } from "./choose_run.ts";
import { evaluationsBefore } from "./epoch_evaluation.ts";
import { openFolder } from "./open_folder.ts";
import { lossLimit, policyFrom, type RunValues } from "./run_flags.ts";
import type { PlannedRun } from "./planned_run.ts";
import type { ReadyRun } from "./ready_run.ts";
import type { Settings } from "./settings.ts";
import type { RunOptions } from "./take_steps.ts";

/** A run with all that it needs. */
export type OpenedRun<Planned extends PlannedRun = PlannedRun> = Planned & {
  /** The engine. */
  readonly backend: Backend;
  readonly folder: RunFolder;
  /** Starts it. */
  readonly begin: RunOptions["begin"];
  readonly policy: CheckpointPolicy;
  /** Watches for exploding losses. */
  readonly watch: LossWatch;
  /** Earlier evaluations. */
  readonly evaluations: readonly EvaluationLine[];
};

/** The state in the file of an earlier version, if the run begins with one. */
async function filedTraining(
  { task }: PlannedRun,
  { file }: Settings<unknown>,
): Promise<FiledTraining | null> {
  if (file === null) return null;
  return must(await readTraining(task, file), describeTraining);
}

/**
 * Opens the folder of a run whose device is ready.
 *
 * @param values Flags, for what does not determine it.
 * @throws {CommandFailed} where it cannot begin.
 */
export async function openRun<Planned extends PlannedRun>(
  planned: Planned,
  ready: ReadyRun,
  settings: Settings<unknown>,
  values: RunValues,
  say: (line: string) => void,
): Promise<OpenedRun<Planned>> {
  const { task, batches, loading } = planned;
  const { backend, images, ranks } = ready;
  const { "skip-non-finite": skipNonFinite = 0 } = values;
  const filed = await filedTraining(planned, settings);
  const watchAnew = () => lossWatch(planned.losses, lossLimit(values), []);
  let watch = watchAnew();
  const policy = policyFrom(values, epochSteps(task), task.training.epochs);
  const path = settings.outputDir ?? await newFolder();
  const folder = await waitingFor(
    "opening the run's folder",
    (bar) =>
      openFolder(path, settings, {
        ...{ run: task, images, kept: policy },
        say: (line) => bar.above(() => say(line)),
        ...{
          start: filed?.snapshot ?? planned.start,
          describe: planned.describe,
        },
        // Another checkpoint is tried from the beginning.
        witness: () => {
          const fresh = watchAnew();
          watch = fresh;
          return (line) => void fresh.see(line);
        },
      }),
  );
  const { start } = folder;
  if (ranks !== null) mustWork(await commonStart(ranks, start));
  const begin: RunOptions["begin"] = (hooks, signal, onProgress) =>
    train(task, {
      ...{ backend, batches, start, skipNonFinite, hooks, signal, onProgress },
      ...ranks === null
        ? { ahead: backend.runsAhead ?? 0 }
        : { ranks, words: badImageWords(loading.badImages) },
    });
  const evaluations = await evaluationsBefore(planned, settings, folder, filed);
  return { ...planned, backend, folder, begin, policy, watch, evaluations };
}
