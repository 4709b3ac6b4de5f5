/** The steps of a run, its record and its checkpoints. */
import { type Result, right } from "../../core/mod.ts";
import {
  atEnd,
  describeTrainError,
  type EvaluationLine,
  type Hook,
  keepingHooks,
  type KeepingOptions,
  type MetricsLine,
  metricsLine,
  type RunFolder,
  runHistory,
  type RunTotals,
  type StepProgress,
  type StepReport,
  type Tracker,
  trackerHook,
  type TrainError,
  type Training,
} from "../../train/mod.ts";
import type { EpochEvaluations } from "./epoch_evaluation.ts";
import {
  type CostedPlan,
  freezeMessage,
  type Progress,
  reportedAfter,
} from "./progress.ts";

/** The end of a run. */
export interface RunEnd {
  readonly run: Training;
  /** Cause: its last step, the user's wish, or an error. */
  readonly cause: "finished" | "interrupted" | TrainError;
  /** Path of the newest checkpoint; of the folder where there is none. */
  readonly checkpoint: string;
  /** Steps since step 0, also those before a resume; thinned where there are more than 20,000. */
  readonly steps: readonly MetricsLine[];
  readonly totals: RunTotals;
  /** Evaluations, in order. */
  readonly evaluations: readonly EvaluationLine[];
}

/** Options of taking the steps of a run. */
export interface RunOptions
  extends CostedPlan, Pick<KeepingOptions, "policy" | "watch"> {
  readonly folder: RunFolder;
  /** Starts it. */
  readonly begin: (
    hooks: readonly Hook[],
    signal: AbortSignal,
    onProgress: (progress: StepProgress) => void,
  ) => Training;
  /** Progress output. */
  readonly progress: Progress;
  /** Evaluates it after each epoch, if that is wanted. */
  readonly evaluating?: EpochEvaluations;
  /** Further hooks of the steps, called before a checkpoint. */
  readonly hooks?: readonly Hook[];
  /** Follows every step, if there is one. */
  readonly tracker?: Tracker | null;
  /**
   * Keeps what else there is to keep when a checkpoint was written; gives what is to be
   * said. The run goes on without it.
   */
  readonly atCheckpoint?: () => Promise<Result<TrainError, string | null>>;
  /** Reports a fault that does not end the run; in the usual way by default. */
  readonly complain?: (line: string) => void;
  /** Stops the run when it is aborted. */
  readonly signal: AbortSignal;
}

/** Keeps further state; a failure is reported once. */
function keeping(
  { atCheckpoint, progress, complain = progress.say }: RunOptions,
): () => Promise<void> {
  let hasWarned = false;
  return async () => {
    const kept = await atCheckpoint?.();
    if (kept === undefined) return;
    if (kept._tag === "Right") {
      if (kept.right !== null) progress.say(kept.right);
    } else if (!hasWarned) {
      hasWarned = true;
      complain(`the run goes on: ${describeTrainError(kept.left)}`);
    }
  };
}

/** A hook that saves the run, and says so while it does. */
const shownSaving = (saving: Hook, { meanwhile }: Progress): Hook => ({
  ...saving,
  onStep: (report, training) => {
    meanwhile("writing a checkpoint");
    return saving.onStep?.(report, training);
  },
});

/** Hooks of the run, or why it cannot begin. */
function hooksOf(options: RunOptions): Result<TrainError, readonly Hook[]> {
  const { tracker = null, progress, evaluating, hooks = [] } = options;
  const kept = keepingHooks({
    ...options,
    onCheckpoint: keeping(options),
    onHeldBack: (step) =>
      progress.say(`no checkpoint after step ${step}: a loss is far too high`),
  });
  if (kept._tag === "Left") return kept;
  const tracking = tracker === null ? [] : [trackerHook(tracker)];
  const [record, ...watchAndSave] = kept.right;
  const saving = watchAndSave.pop();
  return right([
    ...record === undefined ? [] : [record],
    ...tracking,
    ...watchAndSave,
    ...evaluating?.hooks ?? [],
    ...hooks,
    ...saving === undefined ? [] : [shownSaving(saving, progress)],
  ]);
}

function show(progress: Progress, report: StepReport): void {
  progress.step(report);
  if (report.skipped !== undefined) {
    progress.say(`step ${report.step} was left out: ${report.skipped}`);
  }
}

/** Takes the steps of a run and shows them. */
export async function takeSteps(options: RunOptions): Promise<RunEnd> {
  const { plan, folder, progress, signal, complain = progress.say } = options;
  const history = runHistory({ lines: folder.history, totals: folder.totals });
  const hooks = hooksOf(options);
  let failure = hooks._tag === "Left" ? hooks.left : null;
  const called = hooks._tag === "Left" ? [] : hooks.right;
  const run = options.begin(called, signal, progress.within);
  const caughtUp = await options.evaluating?.catchUp(run) ?? right(undefined);
  const isStopped = caughtUp._tag === "Left" &&
    caughtUp.left._tag === "Stopped";
  const begun = isStopped ? await atEnd(called, run) : caughtUp;
  if (begun._tag === "Left") failure ??= begun.left;
  for await (const taken of isStopped || failure !== null ? [] : run) {
    folder.complaints().forEach(complain);
    if (taken._tag === "Left") {
      if (taken.left._tag !== "Stopped") failure = taken.left;
      continue;
    }
    show(progress, taken.right);
    history.add(metricsLine(taken.right));
    const phase = plan.phases[taken.right.phase];
    if (phase !== undefined && reportedAfter(phase) === taken.right.step) {
      progress.say(freezeMessage(options, phase, history.lines));
    }
  }
  const isWhole = run.step >= plan.totalSteps &&
    (options.evaluating?.isEvaluatedAt(run.step) ?? true);
  const cause = isWhole ? "finished" : "interrupted";
  const { lines: steps, totals } = history;
  const checkpoint = folder.newest() ?? folder.path;
  const evaluations = options.evaluating?.lines() ?? [];
  return {
    ...{ run, cause: failure ?? cause, checkpoint, steps, totals },
    evaluations,
  };
}
