/**
 * What the encoder of a trial is worth.
 *
 * @module
 */
import { access } from "node:fs/promises";
import { join } from "node:path";
import type { Backend } from "../../backends/mod.ts";
import { left, type Result, right } from "../../core/mod.ts";
import type { ImageSource } from "../../data/mod.ts";
import {
  lastTap,
  type OpenedEncoder,
  openEncoder,
  type TopAccuracies,
  type TrainError,
} from "../../train/mod.ts";
import { mustWork } from "../command/describe_errors.ts";
import { finetuneEncoder } from "../evaluate/finetune_encoder.ts";
import type { Evaluation } from "../evaluate/open_evaluation.ts";
import {
  accuracyWarnings,
  frequentShare,
  hasDiverged,
} from "../evaluate/judgement.ts";
import { describeRate, probeEncoders } from "../evaluate/probe_encoder.ts";
import type {
  Interrupted,
  TrainingChoice,
} from "../evaluate/training_start.ts";
import { evaluatedImages, tellUnreadable } from "../images/unreadable.ts";
import { untrainedEncoder } from "../evaluate/judged_encoder.ts";
import type { ShownWork } from "../output/progress_bar.ts";
import {
  type Experiment,
  finetuneConfig,
  probeConfig,
  type Trial,
} from "./experiment.ts";
import { type Part, trialFolder } from "./experiment_folder.ts";
import { UNTRAINED } from "./methods.ts";
import type { Judgement } from "./experiment_folder.ts";

/** What the judgements of an experiment share. */
export interface JudgeContext extends ShownWork {
  readonly experiment: Experiment;
  readonly train: ImageSource;
  readonly queries: ImageSource;
  readonly backend: Backend;
  /** Called with the mean loss of every epoch. */
  readonly say: (line: string) => void;
  /** Stops it after the step at which it is aborted. */
  readonly signal: AbortSignal;
}

/** A file that training is kept in and goes on from. */
async function choiceOf(
  { say, signal, startBar }: JudgeContext,
  file: string,
): Promise<TrainingChoice> {
  const isThere = await access(file).then(() => true, () => false);
  const resume = isThere ? file : undefined;
  return { output: file, resume, say, signal, startBar };
}

/**
 * The encoder of a trial. One that is not trained has the first values of the seed of
 * the first method's.
 */
async function encoderOf(
  { experiment }: JudgeContext,
  trial: Trial,
  root: string,
): Promise<OpenedEncoder> {
  const { method, seed } = trial;
  const [first] = experiment.methods;
  const of = method === UNTRAINED && first !== undefined ? first : method;
  const path = join(trialFolder(root, { method: of, seed }), "pretrain");
  const encoder = mustWork(await openEncoder(path));
  // An encoder of fewer steps is not that of the trial.
  const [damaged] = encoder.skipped;
  if (damaged !== undefined) {
    return mustWork(left({ _tag: "CheckpointRefused", ...damaged }));
  }
  return method === UNTRAINED
    ? { ...encoder, parameters: untrainedEncoder(encoder) }
    : encoder;
}

/** What a judgement found, without the time that it took. */
export type Judged = Omit<Judgement, "wallSeconds">;

/**
 * Judges the encoder of a trial, from the beginning or from where it was stopped.
 *
 * @param root The experiment's folder, with the finished pre-training of the trial.
 * @throws {CommandFailed} where it fails.
 */
export async function judgePart(
  context: JudgeContext,
  trial: Trial,
  part: Exclude<Part, "pretrain">,
  root: string,
): Promise<Judged | Interrupted> {
  const { train, queries, backend, say } = context;
  const encoder = await encoderOf(context, trial, root);
  const classes = train.classNames?.length ?? 0;
  const evaluation: Evaluation = {
    ...{ encoder, classes, backend },
    ...evaluatedImages(train, queries),
    resizeSize: encoder.model.imageSize,
  };
  const file = join(trialFolder(root, trial), `${part}.safetensors`);
  const choice = await choiceOf(context, file);
  const judged = await judge(context, trial, part, evaluation, choice);
  tellUnreadable(evaluation, say);
  const isStopped = judged._tag === "Left" && judged.left._tag === "Stopped";
  const found = isStopped ? "interrupted" : mustWork(judged);
  if (found === "interrupted") return found;
  const mostFrequent = frequentShare(queries);
  accuracyWarnings(found, mostFrequent, classes).forEach(say);
  const diverged = hasDiverged(found.loss ?? null, classes);
  return { ...found, mostFrequent, diverged };
}

/** Accuracies by one of the judgements. */
async function judge(
  { experiment, say }: JudgeContext,
  trial: Trial,
  part: Exclude<Part, "pretrain">,
  evaluation: Evaluation,
  choice: TrainingChoice,
): Promise<Result<TrainError, Accuracies | Interrupted>> {
  const { classes, train, encoder: { model, parameters } } = evaluation;
  if (part === "finetune") {
    const config = finetuneConfig(experiment, trial, classes);
    return await finetuneEncoder(evaluation, config, choice);
  }
  const { seed } = trial;
  const config = probeConfig(experiment, seed, model, classes, train.length);
  const isSwept = experiment.probe.baseRate === null;
  const features = { feature: lastTap(model), augment: false, isSwept };
  const found = await probeEncoders(
    evaluation,
    [parameters],
    features,
    config,
    choice,
  );
  if (found._tag === "Left") return found;
  if (found.right === "interrupted") return right(found.right);
  const [only] = found.right;
  if (only === undefined) return right("interrupted");
  const rate = describeRate(only);
  if (rate !== null) say(rate);
  return right(only);
}

/** Accuracies and, if it is known, the mean loss of the last epoch. */
interface Accuracies extends TopAccuracies {
  readonly loss?: number | null;
}
