/**
 * The steps of a run, its record and its checkpoints.
 *
 * @module
 */
import type { Result } from "../../core/mod.ts";
import {
  describeTrainError,
  type MetricsLine,
  metricsLine,
  recordedRun,
  type RecordedRunOptions,
  type RecordedStep,
  type RunHistory,
  runHistory,
  type RunTotals,
  type TrainError,
} from "../../train/mod.ts";
import { freezeMessage, toldAfter } from "./freeze_message.ts";
import type { Progress } from "./progress.ts";

/** How a run ended. */
export interface RunEnd {
  /** What ended it: its last step or the user's wish, or an error. */
  readonly cause: "finished" | "interrupted" | TrainError;
  /** Path of the newest checkpoint. */
  readonly checkpoint: string;
  /** Steps since step 0, also those before a resume; thinned where there are more than 20,000. */
  readonly steps: readonly MetricsLine[];
  /** Totals of all steps. */
  readonly totals: RunTotals;
}

/** What drives a run. */
export interface RunOptions extends RecordedRunOptions {
  /** Checkpoint of where it starts. */
  readonly checkpoint: string;
  /** Where it is shown. */
  readonly progress: Progress;
  /**
   * Keeps what else there is to keep when a checkpoint was written; gives what is to be
   * said. The run goes on without it.
   */
  readonly atCheckpoint?: () => Promise<Result<TrainError, string | null>>;
  /** Says what went wrong without ending the run; the same way as all else by default. */
  readonly complain?: (line: string) => void;
  /** Stops the run when it is aborted. */
  readonly signal: AbortSignal;
}

/** Shows a step and, after a freeze, what it changed. */
function show(
  { plan, progress }: RunOptions,
  { report, isHeldBack }: RecordedStep,
  history: RunHistory,
): void {
  progress.step(report);
  if (report.skipped !== undefined) {
    progress.say(`step ${report.step} was left out: ${report.skipped}`);
  }
  if (isHeldBack) {
    progress.say(
      `no checkpoint after step ${report.step}: a loss is far too high`,
    );
  }
  history.add(metricsLine(report));
  const phase = plan.phases[report.phase];
  if (phase !== undefined && toldAfter(phase) === report.step) {
    progress.say(freezeMessage(plan, phase, history.lines));
  }
}

/** Keeps what else there is to keep; that it cannot be kept is said once. */
function keeping(
  { atCheckpoint, progress, complain = progress.say }: RunOptions,
): () => Promise<void> {
  let isTold = false;
  return async () => {
    const kept = await atCheckpoint?.();
    if (kept === undefined) return;
    if (kept._tag === "Right") {
      if (kept.right !== null) progress.say(kept.right);
    } else if (!isTold) {
      isTold = true;
      complain(`the run goes on: ${describeTrainError(kept.left)}`);
    }
  };
}

/**
 * Takes the steps of a run and shows them.
 *
 * @param options What drives it.
 * @returns How it ended; also after an error the newest checkpoint is good.
 */
export async function takeSteps(options: RunOptions): Promise<RunEnd> {
  const { plan, run, folder, progress, complain = progress.say } = options;
  const history = runHistory({ lines: folder.history, totals: folder.totals });
  const keep = keeping(options);
  let failure: TrainError | null = null;
  for await (const taken of recordedRun(options)) {
    folder.complaints().forEach(complain);
    if (taken._tag === "Left") {
      failure = taken.left;
      continue;
    }
    show(options, taken.right, history);
    if (taken.right.checkpoint !== null) await keep();
  }
  const cause = run.step < plan.totalSteps ? "interrupted" : "finished";
  const { lines: steps, totals } = history;
  const checkpoint = folder.newest() ?? options.checkpoint;
  return { cause: failure ?? cause, checkpoint, steps, totals };
}
