/**
 * The steps of a run, its record and its checkpoints.
 *
 * @module
 */
import { setImmediate } from "node:timers/promises";
import { type FreezePlan, left, type Result, right } from "../../core/mod.ts";
import {
  type LossWatch,
  type MetricsLine,
  metricsLine,
  type Pretraining,
  type RunFolder,
  type StepReport,
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
export interface RunOptions {
  /** The plan. */
  readonly plan: FreezePlan;
  /** The run. */
  readonly run: Pretraining;
  /** Its folder. */
  readonly folder: RunFolder;
  /** Checkpoint of where it starts. */
  readonly checkpoint: string;
  /** Where it is shown. */
  readonly progress: Progress;
  /** Steps between checkpoints. */
  readonly saveEvery: number;
  /** Tells when its losses have exploded. */
  readonly watch: LossWatch;
  /** Stops the run after the step at which it is aborted. */
  readonly signal: AbortSignal;
}

/**
 * Writes a checkpoint; gives the newest one. A moment at which a loss is far too high
 * is passed over, and not fit to end a run with.
 */
async function saved(
  { plan, run, folder, watch, progress }: RunOptions,
  newest: string,
): Promise<Result<TrainError, string>> {
  const high = watch.high();
  if (high !== null && run.step === plan.totalSteps) return left(high);
  if (high !== null) {
    progress.say(
      `no checkpoint of step ${run.step}: the loss of stage ${
        high.stage + 1
      } is ${high.loss}, above ${high.bound} since step ${high.since}`,
    );
    return right(newest);
  }
  const snapshot = await run.snapshot();
  return snapshot._tag === "Left"
    ? snapshot
    : folder.checkpoint(snapshot.right);
}

/** Records and shows a step; gives its line of the record. */
async function noted(
  { plan, folder, progress, watch }: RunOptions,
  taken: Result<TrainError, StepReport>,
  before: readonly MetricsLine[],
): Promise<Result<TrainError, MetricsLine>> {
  if (taken._tag === "Left") return taken;
  const report = taken.right;
  const recorded = await folder.record(report);
  if (recorded._tag === "Left") return recorded;
  progress.step(report);
  if (report.skipped !== undefined) {
    progress.say(`step ${report.step} was left out: ${report.skipped}`);
  }
  const line = metricsLine(report);
  const exploded = watch.see(line);
  if (exploded !== null) return left(exploded);
  const phase = plan.phases[report.phase];
  if (phase !== undefined && toldAfter(phase) === report.step) {
    progress.say(freezeMessage(plan, phase, [...before, line]));
  }
  return right(line);
}

/**
 * Takes the steps of a run. Every step is recorded; checkpoints are written at
 * intervals, when the run is stopped and at its end.
 *
 * @param options What drives it.
 * @returns How it ended; also after an error the newest checkpoint is good.
 */
export async function takeSteps(options: RunOptions): Promise<RunEnd> {
  const { plan, run, saveEvery, signal } = options;
  const steps: MetricsLine[] = [...options.folder.history];
  let { checkpoint } = options;
  const end = (cause: RunEnd["cause"]): RunEnd => ({
    cause,
    checkpoint,
    steps,
  });
  for await (const taken of run) {
    const line = await noted(options, taken, steps);
    if (line._tag === "Left") return end(line.left);
    steps.push(line.right);
    // A computation that never waits would keep Ctrl-C and the bar from being seen.
    await setImmediate();
    const isLast = run.step === plan.totalSteps || signal.aborted;
    if (isLast || run.step % saveEvery === 0) {
      const written = await saved(options, checkpoint);
      if (written._tag === "Left") return end(written.left);
      checkpoint = written.right;
    }
    if (signal.aborted) break;
  }
  return end(run.step < plan.totalSteps ? "interrupted" : "finished");
}
