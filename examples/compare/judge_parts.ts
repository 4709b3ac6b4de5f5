/**
 * What the encoder of a trial is worth.
 *
 * @module
 */
import { access } from "node:fs/promises";
import { join } from "node:path";
import type { Backend } from "../../backends/mod.ts";
import { left, type Result } from "../../core/mod.ts";
import type { ImageSource } from "../../data/mod.ts";
import {
  allTaps,
  openEncoder,
  type TopAccuracies,
  type TrainError,
} from "../../train/mod.ts";
import { finetuneEncoder } from "../evaluate/finetune_encoder.ts";
import type { Evaluation } from "../evaluate/open_evaluation.ts";
import { probeEncoder } from "../evaluate/probe_encoder.ts";
import type {
  Interrupted,
  TrainingChoice,
} from "../evaluate/training_start.ts";
import { evaluatedImages, tellUnreadable } from "../evaluate/unreadable.ts";
import {
  type Experiment,
  finetuneConfig,
  probeConfig,
  type Trial,
} from "./experiment.ts";
import type { Part } from "./experiment_folder.ts";

/** What the judgements of an experiment share. */
export interface JudgeContext {
  /** The experiment. */
  readonly experiment: Experiment;
  /** Labelled images to learn from. */
  readonly train: ImageSource;
  /** Labelled images to judge by. */
  readonly queries: ImageSource;
  /** Where it computes. */
  readonly backend: Backend;
  /** Told the mean loss of every epoch. */
  readonly say: (line: string) => void;
  /** Stops it after the step at which it is aborted. */
  readonly signal: AbortSignal;
}

/** A file that training is kept in and goes on from. */
async function choiceOf(
  { say, signal }: JudgeContext,
  file: string,
): Promise<TrainingChoice> {
  const isThere = await access(file).then(() => true, () => false);
  return { output: file, resume: isThere ? file : undefined, say, signal };
}

/**
 * Judges the encoder of a trial, from the beginning or from where it was stopped.
 *
 * @param context What the judgements of the experiment share.
 * @param trial The trial.
 * @param part How it is judged.
 * @param folder The trial's folder, with its finished pre-training.
 */
export async function judgePart(
  context: JudgeContext,
  trial: Trial,
  part: Exclude<Part, "pretrain">,
  folder: string,
): Promise<Result<TrainError, TopAccuracies | Interrupted>> {
  const { train, queries, backend } = context;
  const encoder = await openEncoder(join(folder, "pretrain"));
  if (encoder._tag === "Left") return encoder;
  const { model, skipped: [damaged] } = encoder.right;
  // An encoder of fewer steps is not that of the trial.
  if (damaged !== undefined) {
    return left({ _tag: "CheckpointRefused", ...damaged });
  }
  const classes = train.classNames?.length ?? 0;
  const evaluation: Evaluation = {
    encoder: encoder.right,
    ...evaluatedImages(train, queries),
    classes,
    resizeSize: model.imageSize,
    backend,
  };
  const found = await judge(context, trial, part, folder, evaluation);
  tellUnreadable(evaluation, context.say);
  return found;
}

async function judge(
  context: JudgeContext,
  trial: Trial,
  part: Exclude<Part, "pretrain">,
  folder: string,
  evaluation: Evaluation,
): Promise<Result<TrainError, TopAccuracies | Interrupted>> {
  const { experiment } = context;
  const { classes, train, encoder: { model } } = evaluation;
  const choice = await choiceOf(context, join(folder, `${part}.safetensors`));
  if (part === "finetune") {
    const config = finetuneConfig(experiment, trial, classes);
    return await finetuneEncoder(evaluation, config, choice);
  }
  const { seed } = trial;
  const config = probeConfig(experiment, seed, model, classes, train.length);
  const { tokens, stages } = allTaps(model);
  const feature = { tokens, stages: stages.slice(-1) };
  return await probeEncoder(
    evaluation,
    { feature, augment: false },
    config,
    choice,
  );
}
