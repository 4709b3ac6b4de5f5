/** A run from its plan to its end: the same for every kind of training. */
import type { Ranks } from "../../ranks/mod.ts";
import {
  describeTrainError,
  openRunEvents,
  optionalTracker,
  type RunFolder,
  type Tracker,
  type TrainError,
  type TrainingIdentity,
} from "../../train/mod.ts";
import { stopped } from "../command/command_failed.ts";
import { commonResult } from "../command/common_result.ts";
import { badImagesKeeper } from "../images/loading.ts";
import { interruption } from "../command/interruption.ts";
import { barsOn, type ShownWork } from "../output/progress_bar.ts";
import { type Assist, followRun } from "./follow_run.ts";
import { readyRun } from "./ready_run.ts";
import { epochEvaluations } from "./epoch_evaluation.ts";
import { type OpenedRun, openRun } from "./open_run.ts";
import type { PlannedRun } from "./planned_run.ts";
import { progressOn } from "./progress.ts";
import { failed, resumeCommand } from "./run_end.ts";
import type { RunValues } from "./run_flags.ts";
import type { Settings } from "./settings.ts";
import { type RunEnd, takeSteps } from "./take_steps.ts";

/** Display and stop of the end of a run. */
export interface EndContext extends ShownWork {
  readonly say: (line: string) => void;
  /** Gets numbers that are known at the end, if there is one. */
  readonly tracker: Tracker | null;
  /** Ends the command with an error and what to do about it. */
  readonly fail: (error: TrainError) => never;
}

/** The command's own part of a run. */
export interface RunJob<Planned extends PlannedRun, Found extends object> {
  /** The program, and the words that it wants before its flags. */
  readonly program: string;
  /** The folder to go on with in its advice, where that is not the run's own. */
  readonly goesOnWith?: string | undefined;
  /** Summary of a run that was stopped. */
  summary(run: OpenedRun<Planned>, end: RunEnd): object;
  /** Evaluates a run that has taken all its steps. */
  finish(
    run: OpenedRun<Planned>,
    end: RunEnd,
    context: EndContext,
  ): Promise<Found>;
  /** What each other process does meanwhile; by default it waits for the result. */
  readonly assist?: Assist<Planned>;
}

/** Inputs of a run. */
export interface RunStart<Config> {
  readonly settings: Settings<Config>;
  /** Flags that were given. */
  readonly values: RunValues;
  readonly say: (line: string) => void;
  /** Stream on which its bar is drawn. */
  readonly stream: NodeJS.WriteStream;
  /** The processes that share it; `null`, the default, where there is one. */
  readonly ranks?: Ranks | null;
  /** Stops it; by default Ctrl-C does. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Begins TensorBoard's files of a run, if they are possible: else it says so, and the
 * run goes on without.
 */
export async function tensorBoardOf(
  run: TrainingIdentity,
  { path, start, history }: RunFolder,
  say: (line: string) => void,
  open: typeof openRunEvents = openRunEvents,
): Promise<Tracker | null> {
  const events = await open({ run, path, start, history });
  const complain = (error: TrainError): void =>
    say(`TensorBoard hears no more of this run: ${describeTrainError(error)}`);
  if (events._tag === "Right") return optionalTracker(events.right, complain);
  complain(events.left);
  return null;
}

/**
 * Runs a planned training: device, folder and lock, steps, record, checkpoints, TensorBoard,
 * progress, Ctrl-C, and what its command does at the end.
 *
 * @throws {CommandFailed} where it cannot begin, fails or is stopped.
 */
export async function driveRun<
  Config,
  Planned extends PlannedRun,
  Found extends object,
>(
  planned: Planned,
  { settings, values, say, stream, ranks = null, ...given }: RunStart<Config>,
  job: RunJob<Planned, Found>,
): Promise<Found> {
  const ready = await readyRun(planned, settings, values, say, ranks);
  if (ranks !== null && ranks.rank > 0) {
    const shared = { ...ready, ranks };
    const { signal } = given;
    return await followRun(planned, shared, values, signal, job.assist);
  }
  const opened = await openRun(planned, ready, settings, values, say);
  const { task, backend, loading, folder } = opened;
  const { program, goesOnWith = folder.path } = job;
  const goOn = resumeCommand(program, goesOnWith, values, ranks);
  const progress = progressOn(opened, stream, folder.start.step, say);
  const tracker = values["no-tensorboard"]
    ? null
    : await tensorBoardOf(task, folder, progress.say);
  const signal = given.signal ?? interruption(progress.say).signal;
  const atCheckpoint = await badImagesKeeper(folder.path, loading.badImages);
  const context = { progress, tracker, signal, ranks };
  const evaluating = epochEvaluations(opened, context);
  const shown = { ...context, evaluating, atCheckpoint };
  const end = await takeSteps({ ...opened, ...shown });
  progress.end();
  const bad = await atCheckpoint();
  const words = bad._tag === "Left" ? describeTrainError(bad.left) : bad.right;
  if (words !== null) say(words);
  const { cause, checkpoint, run } = end;
  if (cause === "interrupted") {
    const place = `after step ${run.step} of ${task.plan.totalSteps}`;
    return stopped(
      `stopped ${place}; checkpoint ${checkpoint}\ngo on with: ${goOn}`,
      job.summary(opened, end),
    );
  }
  const fail = (error: TrainError): never => failed(error, checkpoint, goOn);
  if (cause !== "finished") return fail(cause);
  try {
    const startBar = barsOn(stream);
    const shown = { say, fail, signal, startBar, tracker, ranks };
    return await commonResult(ranks, () => job.finish(opened, end, shown));
  } finally {
    loading.workers?.[Symbol.dispose]();
    run.dispose();
    folder[Symbol.dispose]();
    backend.dispose();
  }
}
