/** A trial: a part of the run is taken again with some layers frozen. */
import type { Backend } from "../../backends/mod.ts";
import { withFreezeSteps } from "../../core/mod.ts";
import {
  pretrainTask,
  readCheckpoint,
  type StepReport,
  train,
  type TrainError,
} from "../../train/mod.ts";
import { mustWork } from "../command/describe_errors.ts";
import type { StartBar } from "../output/progress_bar.ts";
import type { TrialResult } from "./trial_files.ts";
import type { JudgedSteps, Trial } from "./trials.ts";
import type { UnfrozenRun } from "./unfrozen_run.ts";

/** Device, display and stop of a trial. */
export interface TrialContext {
  readonly backend: Backend;
  readonly startBar: StartBar;
  readonly signal: AbortSignal;
}

/** Mean of the losses that both have in some steps; `NaN` without any. */
function meanLoss(
  losses: ReadonlyMap<number, number>,
  { from, to }: JudgedSteps,
): number {
  let [sum, count] = [0, 0];
  for (let step = from; step < to; step++) {
    const loss = losses.get(step) ?? NaN;
    if (!Number.isFinite(loss)) continue;
    sum += loss;
    count++;
  }
  return sum / count;
}

/** Mean loss of the run in the steps that a trial is judged by. */
export const ownLoss = ({ losses }: UnfrozenRun, judged: JudgedSteps): number =>
  meanLoss(losses, judged);

/** Part of a run over whose losses a mean is taken to tell how it falls. */
const FALL_PART = 0.05;

/** Mean losses of the run right after a step and at the end of its record. */
export function fallFrom(
  { losses, recorded }: UnfrozenRun,
  step: number,
): { readonly first: number; readonly last: number } {
  const steps = Math.ceil(FALL_PART * recorded);
  return {
    first: meanLoss(losses, { from: step, to: step + steps }),
    last: meanLoss(losses, { from: recorded - steps, to: recorded }),
  };
}

const NOT_FINITE: readonly TrainError["_tag"][] = [
  "NonFiniteLoss",
  "NonFiniteGradient",
  "NonFiniteParameter",
];

/** Losses of the steps of a trial; `null` if they do not stay finite. */
async function lossesOf(
  { planned: { config, plan, batches }, states }: UnfrozenRun,
  { name, freezeSteps, start, to }: Trial,
  { backend, startBar, signal }: TrialContext,
): Promise<ReadonlyMap<number, number> | null | "stopped"> {
  const path = states.find(({ step }) => step === start)?.path ?? "";
  const own = pretrainTask({ config, plan });
  const snapshot = mustWork(await readCheckpoint(path, own));
  const frozen = { config, plan: withFreezeSteps(plan, freezeSteps) };
  const ahead = backend.runsAhead ?? 0;
  const run = train(pretrainTask(frozen), {
    ...{ backend, batches, start: snapshot, ahead, signal },
  });
  const bar = startBar(name.replaceAll("-", " "), to - start);
  const losses = new Map<number, number>();
  try {
    for await (const taken of run) {
      if (taken._tag === "Left") {
        if (taken.left._tag === "Stopped") return "stopped";
        if (NOT_FINITE.includes(taken.left._tag)) return null;
      }
      const report: StepReport = mustWork(taken);
      losses.set(report.step, report.deepestLoss);
      bar.update(report.step + 1 - start);
      if (report.step + 1 === to) break;
    }
  } finally {
    bar.end();
    run.dispose();
  }
  return losses;
}

/**
 * Takes the steps of a trial: the run's own images, masks and rates, from its own state.
 *
 * @returns What it found, or that it was stopped.
 */
export async function runTrial(
  run: UnfrozenRun,
  trial: Trial,
  context: TrialContext,
): Promise<TrialResult | "stopped"> {
  const from = performance.now();
  const losses = await lossesOf(run, trial, context);
  if (losses === "stopped") return losses;
  const own = ownLoss(run, trial);
  const loss = losses === null ? null : meanLoss(losses, trial);
  const seconds = (performance.now() - from) / 1000;
  return { ...trial, own, loss, seconds: Number(seconds.toFixed(3)) };
}
