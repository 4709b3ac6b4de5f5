/**
 * The pre-training of a trial.
 *
 * @module
 */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { type Backend, interruptible } from "../../backends/mod.ts";
import {
  type FreezePlan,
  left,
  predictedSaving,
  type Result,
  right,
} from "../../core/mod.ts";
import { type BadImages, badImages, type ImageSource } from "../../data/mod.ts";
import {
  batchSource,
  type CheckpointPolicy,
  checkUnlocked,
  createRunFolder,
  fileResult,
  latestCheckpoint,
  type MetricsLine,
  phaseTimes,
  type Pretraining,
  pretraining,
  resumeRunFolder,
  type RunFolder,
  type TimedStep,
  type TrainError,
} from "../../train/mod.ts";
import type { Interrupted } from "../evaluate/training_start.ts";
import { badImagesKeeper } from "../images/bad_images_file.ts";
import { rememberedImages, writeImagesFile } from "../images/images_file.ts";
import { progressOn } from "../pretrain/progress.ts";
import { type RunEnd, takeSteps } from "../pretrain/take_steps.ts";
import type { Experiment, Trial } from "./experiment.ts";
import { clockedRun, clockedSteps } from "./processor_time.ts";

/** What a pre-training took and reached. */
export interface PretrainResult {
  /** Where it computed, in its last sitting. */
  readonly device: string;
  /** Its epochs. */
  readonly epochs: number;
  /** Its steps. */
  readonly steps: number;
  /** Frozen layers in each phase. */
  readonly frozenLayers: readonly number[];
  /** Steps of each phase. */
  readonly phaseSteps: readonly number[];
  /** Median seconds of a step in each phase: by the wall, without images and compilation. */
  readonly wallSecondsPerStep: readonly number[];
  /** The same by the processor's clock, of all threads, with images. */
  readonly processorSecondsPerStep: readonly number[];
  /** Part of the operations saved, by the cost model. */
  readonly savingPredicted: number;
  /** Loss of the last stage, mean over the last epoch; the other stages end earlier where layers freeze. */
  readonly loss: number;
}

/** What the pre-trainings of an experiment share. */
export interface PretrainContext {
  /** The experiment. */
  readonly experiment: Experiment;
  /** Images to learn from. */
  readonly source: ImageSource;
  /** Where it computes. */
  readonly backend: Backend;
  /** Told which images could not be read. */
  readonly say: (line: string) => void;
  /** Stops it after the step at which it is aborted. */
  readonly signal: AbortSignal;
}

const CLOCK_FILE = "processor.jsonl";

/** A checkpoint after every epoch; only the newest is needed. */
const policyOf = ({ plan, config }: Trial): CheckpointPolicy => ({
  everySteps: plan.totalSteps / config.training.epochs,
  everyMinutes: null,
  keepLast: 1,
  keepAtFreeze: false,
});

/** Takes away what a run left that has no checkpoint to go on from. */
async function emptied(path: string): Promise<Result<TrainError, void>> {
  const free = await checkUnlocked(path);
  return free._tag === "Left" ? free : await fileResult(path, async () => {
    await rm(path, { recursive: true, force: true });
    await mkdir(path, { recursive: true });
  });
}

/** Opens the folder of a run; one without a checkpoint was never begun. */
async function openRun(
  { experiment, source }: PretrainContext,
  { config, plan }: Trial,
  path: string,
): Promise<Result<TrainError, RunFolder>> {
  const run = { config, plan };
  const latest = await latestCheckpoint(path);
  if (latest._tag === "Right") {
    return await resumeRunFolder(path, path, run, 1);
  }
  const ready = await emptied(path);
  if (ready._tag === "Left") return ready;
  const folder = await createRunFolder(path, run, 1);
  if (folder._tag === "Left") return folder;
  const { data, limit, heldOut } = experiment;
  const choice = { data, limit, classes: null, valShare: null, heldOut };
  const images = rememberedImages(choice, source);
  const written = await writeImagesFile(path, images);
  return written._tag === "Left" ? written : folder;
}

/** Median seconds of a step in every phase. */
function secondsPerStep(
  plan: FreezePlan,
  steps: readonly TimedStep[],
): readonly number[] {
  const times = phaseTimes(plan, steps);
  return plan.phases.map(({ index }) =>
    times.find(({ phase }) => phase === index)?.secondsPerStep ?? NaN
  );
}

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

async function resultOf(
  { backend: { device } }: PretrainContext,
  trial: Trial,
  { steps }: RunEnd,
  clock: string,
): Promise<Result<TrainError, PretrainResult>> {
  const { plan, config } = trial;
  const clocked = await clockedSteps(clock);
  return clocked._tag === "Left" ? clocked : right({
    device: `${device.name} (${device.description})`,
    epochs: config.training.epochs,
    steps: plan.totalSteps,
    frozenLayers: plan.phases.map(({ frozenLayers }) => frozenLayers),
    phaseSteps: plan.phases.map(({ from, to }) => to - from),
    wallSecondsPerStep: secondsPerStep(plan, steps),
    processorSecondsPerStep: secondsPerStep(plan, clocked.right),
    savingPredicted: predictedSaving(plan),
    loss: lastLoss(trial, steps),
  });
}

/** The run of a trial, from where its folder says. */
function runOf(
  { source, backend, signal }: PretrainContext,
  { config, plan }: Trial,
  { path, start }: RunFolder,
  unreadable: BadImages,
): Result<TrainError, Pretraining> {
  const batches = batchSource(source, config, { badImages: unreadable });
  if (batches._tag === "Left") {
    return left({ _tag: "BadConfig", faults: batches.left });
  }
  const run = pretraining({
    config,
    plan,
    backend: interruptible(backend, signal),
    batches: batches.right,
    start,
  });
  return right(clockedRun(run, join(path, CLOCK_FILE)));
}

/**
 * Pre-trains, from the beginning or from where it was stopped.
 *
 * @param context What the pre-trainings of the experiment share.
 * @param trial The trial.
 * @param path Folder of the run.
 * @returns What it took and reached, or that it was stopped; then it goes on from there.
 */
export async function pretrainPart(
  context: PretrainContext,
  trial: Trial,
  path: string,
): Promise<Result<TrainError, PretrainResult | Interrupted>> {
  const { plan } = trial;
  const folder = await openRun(context, trial, path);
  if (folder._tag === "Left") return folder;
  const unreadable = badImages(context.source.length);
  const keepUnreadable = await badImagesKeeper(path, unreadable);
  const run = runOf(context, trial, folder.right, unreadable);
  if (run._tag === "Left") return run;
  const progress = progressOn(plan, process.stdout, run.right.step);
  const end = await takeSteps({
    plan,
    run: run.right,
    folder: folder.right,
    checkpoint: path,
    progress: { ...progress, say: () => {} },
    complain: context.say,
    policy: policyOf(trial),
    signal: context.signal,
  });
  progress.end();
  run.right.dispose();
  const listed = await keepUnreadable();
  folder.right[Symbol.dispose]();
  if (listed._tag === "Left") return listed;
  if (listed.right !== null) context.say(listed.right);
  const { cause } = end;
  if (cause === "interrupted") return right(cause);
  return cause === "finished"
    ? await resultOf(context, trial, end, join(path, CLOCK_FILE))
    : left(cause);
}
