/**
 * The steps of a run, its record and its checkpoints.
 *
 * @module
 */
import { setImmediate } from "node:timers/promises";
import type { FreezePlan, Phase, Result } from "../../core/mod.ts";
import { left, right } from "../../core/mod.ts";
import {
  type MetricsLine,
  metricsLine,
  phaseTimes,
  type Pretraining,
  type RunFolder,
  type StepReport,
  type TrainError,
} from "../../train/mod.ts";
import { freezeMessage, type Progress } from "./progress.ts";

/** How a run ended. */
export interface RunEnd {
  /** Whether it was stopped before its last step. */
  readonly stopped: boolean;
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
  /** Where it is shown. */
  readonly progress: Progress;
  /** Steps between checkpoints. */
  readonly saveEvery: number;
  /** Stops the run after the step at which it is aborted. */
  readonly signal: AbortSignal;
}

/** Steps of a phase after which its cost is said. */
const SETTLED = 5;

/** Says what a step costs once a phase has settled, or at its end. */
function announce(
  plan: FreezePlan,
  phase: Phase,
  report: StepReport,
  steps: readonly MetricsLine[],
  progress: Progress,
): void {
  const due = Math.min(phase.from + SETTLED, phase.to - 1);
  if (phase.index === 0 || report.step !== due) return;
  const times = phaseTimes(plan, steps);
  const secondsOf = (index: number): number | undefined =>
    times.find((time) => time.phase === index)?.secondsPerStep;
  const unfrozen = secondsOf(0);
  const now = secondsOf(phase.index) ?? NaN;
  progress.say(
    freezeMessage(
      plan,
      phase,
      1000 * now,
      unfrozen === undefined ? null : 1000 * unfrozen,
    ),
  );
}

async function saved(
  { run, folder }: RunOptions,
): Promise<Result<TrainError, string>> {
  const snapshot = await run.snapshot();
  return snapshot._tag === "Left"
    ? snapshot
    : folder.checkpoint(snapshot.right);
}

/**
 * Takes the steps of a run. Every step is recorded; checkpoints are written at
 * intervals, when the run is stopped and at its end.
 *
 * @param options What drives it.
 * @returns How it ended, or the error; after an error the last checkpoint is good.
 */
export async function takeSteps(
  options: RunOptions,
): Promise<Result<TrainError, RunEnd>> {
  const { plan, run, folder, progress, saveEvery, signal } = options;
  const steps: MetricsLine[] = [...folder.history];
  let checkpoint: string | null = null;
  for await (const taken of run) {
    if (taken._tag === "Left") return taken;
    const report = taken.right;
    steps.push(metricsLine(report));
    const recorded = await folder.record(report);
    if (recorded._tag === "Left") return recorded;
    progress.step(report);
    const phase = plan.phases[report.phase];
    if (phase !== undefined) announce(plan, phase, report, steps, progress);
    checkpoint = null;
    if (run.step % saveEvery === 0 && run.step < plan.totalSteps) {
      const written = await saved(options);
      if (written._tag === "Left") return written;
      checkpoint = written.right;
    }
    // A computation that never waits would keep Ctrl-C and the bar from being seen.
    await setImmediate();
    if (signal.aborted) break;
  }
  const last: Result<TrainError, string> = checkpoint === null
    ? await saved(options)
    : right(checkpoint);
  return last._tag === "Left" ? left(last.left) : right({
    stopped: run.step < plan.totalSteps,
    checkpoint: last.right,
    steps,
  });
}
