/**
 * The steps of a run, its record and its checkpoints.
 *
 * @module
 */
import { type Result, right } from "../../core/mod.ts";
import {
  type MetricsLine,
  metricsLine,
  recordedRun,
  type RecordedRunOptions,
  type RecordedStep,
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
  /** Every step since step 0, also those before a resume. */
  readonly steps: readonly MetricsLine[];
}

/** What drives a run. */
export interface RunOptions extends RecordedRunOptions {
  /** Checkpoint of where it starts. */
  readonly checkpoint: string;
  /** Where it is shown. */
  readonly progress: Progress;
  /** Keeps what else there is to keep when a checkpoint was written; gives what is to be said. */
  readonly atCheckpoint?: () => Promise<Result<TrainError, string | null>>;
  /** Stops the run when it is aborted. */
  readonly signal: AbortSignal;
}

/** Shows a step and, after a freeze, what it changed; gives its line of the record. */
function shown(
  { plan, progress }: RunOptions,
  { report, isHeldBack }: RecordedStep,
  before: readonly MetricsLine[],
): MetricsLine {
  progress.step(report);
  if (report.skipped !== undefined) {
    progress.say(`step ${report.step} was left out: ${report.skipped}`);
  }
  if (isHeldBack) {
    progress.say(
      `no checkpoint after step ${report.step}: a loss is far too high`,
    );
  }
  const line = metricsLine(report);
  const phase = plan.phases[report.phase];
  if (phase !== undefined && toldAfter(phase) === report.step) {
    progress.say(freezeMessage(plan, phase, [...before, line]));
  }
  return line;
}

/**
 * Takes the steps of a run and shows them.
 *
 * @param options What drives it.
 * @returns How it ended; also after an error the newest checkpoint is good.
 */
export async function takeSteps(options: RunOptions): Promise<RunEnd> {
  const { plan, run, folder, progress, atCheckpoint } = options;
  const steps: MetricsLine[] = [...folder.history];
  const endedBy = (cause: RunEnd["cause"]): RunEnd => ({
    cause,
    checkpoint: folder.newest ?? options.checkpoint,
    steps,
  });
  for await (const taken of recordedRun(options)) {
    if (taken._tag === "Left") return endedBy(taken.left);
    steps.push(shown(options, taken.right, steps));
    if (taken.right.checkpoint === null) continue;
    const kept = await atCheckpoint?.() ?? right(null);
    if (kept._tag === "Left") return endedBy(kept.left);
    if (kept.right !== null) progress.say(kept.right);
  }
  return endedBy(run.step < plan.totalSteps ? "interrupted" : "finished");
}
