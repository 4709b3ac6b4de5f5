/** The pre-training of a trial. */
import { join } from "node:path";
import process from "node:process";
import type { Backend } from "../../backends/mod.ts";
import {
  type FreezePlan,
  left,
  phaseFlops,
  predictedSaving,
} from "../../core/mod.ts";
import { runFlops } from "../../core/plan/cost/cost.ts";
import { badImages, type ImageSource } from "../../data/mod.ts";
import {
  batchSource,
  initialSnapshot,
  type MetricsLine,
  pretraining,
  pretrainTask,
  rememberedImages,
  type RunFolder,
  type TimedStep,
  writeImagesFile,
} from "../../train/mod.ts";
import { must } from "../command/command_failed.ts";
import { mustWork } from "../command/describe_errors.ts";
import { badImagesKeeper } from "../images/loading.ts";
import { secondsByPhase } from "../runs/run_numbers.ts";
import { progressOn } from "../runs/progress.ts";
import { type RunEnd, takeSteps } from "../runs/take_steps.ts";
import type { Experiment, Trial } from "./experiment.ts";
import { type Interrupted, openPart, partPolicy } from "./part_run.ts";
import { configDigest, type PretrainResult } from "./pretrain_result.ts";
import { clockedRun, clockedSteps } from "./processor_time.ts";

/** Shared inputs of the pre-trainings of an experiment. */
export interface PretrainContext {
  readonly experiment: Experiment;
  readonly source: ImageSource;
  readonly backend: Backend;
  /** Called with the images that could not be read. */
  readonly say: (line: string) => void;
  /** Stops it after the step at which it is aborted. */
  readonly signal: AbortSignal;
}

const CLOCK_FILE = "processor.jsonl";

/** Opens the folder of a run. */
async function openRun(
  { experiment, source }: PretrainContext,
  { config, plan }: Trial,
  path: string,
): Promise<RunFolder> {
  const run = pretrainTask({ config, plan });
  const folder = await openPart(run, initialSnapshot(config, plan), path);
  const { data, limit, heldOut, background } = experiment;
  const choice = {
    ...{ data, limit, classes: null, valShare: null, heldOut },
    background,
  };
  mustWork(await writeImagesFile(path, rememberedImages(choice, source)));
  return folder;
}

const secondsPerStep = (
  plan: FreezePlan,
  steps: readonly TimedStep[],
): readonly number[] =>
  secondsByPhase(plan, steps).map((seconds) => seconds ?? NaN);

/** Mean loss of the last stage over the last epoch. */
function lastLoss(
  { config, plan }: Trial,
  steps: readonly MetricsLine[],
): number {
  const { index = 0 } = plan.stages.at(-1) ?? {};
  const epoch = config.training.epochs - 1;
  const losses = steps.filter((step) => step.epoch === epoch)
    .map(({ stageLosses }) => stageLosses[index] ?? NaN);
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

/** Costs and results of a finished run. */
async function resultOf(
  { backend: { device } }: PretrainContext,
  trial: Trial,
  { steps }: RunEnd,
  clock: string,
): Promise<PretrainResult> {
  const { plan, config } = trial;
  const clocked = mustWork(await clockedSteps(clock));
  return {
    config: configDigest(config),
    device: `${device.name} (${device.description})`,
    epochs: config.training.epochs,
    steps: plan.totalSteps,
    frozenLayers: plan.phases.map(({ frozenLayers }) => frozenLayers),
    phaseSteps: plan.phases.map(({ from, to }) => to - from),
    wallSecondsPerStep: secondsPerStep(plan, steps),
    processorSecondsPerStep: secondsPerStep(plan, clocked),
    flops: runFlops(plan),
    savingPredicted: predictedSaving(plan),
    loss: lastLoss(trial, steps),
  };
}

/**
 * Pre-trains, from the beginning or from where it was stopped.
 *
 * @returns Its time and result, or that it was stopped; then it can be resumed from there.
 * @throws {CommandFailed} where it fails.
 */
export async function pretrainPart(
  context: PretrainContext,
  trial: Trial,
  path: string,
): Promise<PretrainResult | Interrupted> {
  const { source, backend, signal, say } = context;
  const { config, plan } = trial;
  const folder = await openRun(context, trial, path);
  const unreadable = badImages(source.length);
  const keepUnreadable = await badImagesKeeper(path, unreadable);
  const batches = batchSource(source, config, { badImages: unreadable });
  const clock = join(path, CLOCK_FILE);
  const { start } = folder;
  const inputs = { config, plan, backend, start, batches: must(batches) };
  const costOf = phaseFlops(plan);
  const progress = progressOn({ plan, costOf }, process.stdout, start.step);
  const end = await takeSteps({
    ...{
      plan,
      costOf,
      folder,
      signal,
      policy: partPolicy(pretrainTask(trial)),
    },
    begin: (hooks, signal, onProgress) =>
      clockedRun(pretraining({ ...inputs, signal, onProgress }), hooks, clock),
    progress: { ...progress, say: () => {} },
    complain: say,
  });
  progress.end();
  end.run.dispose();
  const listed = await keepUnreadable();
  folder[Symbol.dispose]();
  const words = mustWork(listed);
  if (words !== null) say(words);
  const { cause } = end;
  if (cause === "interrupted") return cause;
  return cause === "finished"
    ? await resultOf(context, trial, end, clock)
    : mustWork(left(cause));
}
