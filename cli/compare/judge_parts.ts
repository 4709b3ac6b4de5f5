/** Evaluation of the encoder of a trial. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Backend } from "../../backends/mod.ts";
import { left, type Result } from "../../core/mod.ts";
import type { ImageSource } from "../../data/mod.ts";
import {
  disposeAll,
  lastTap,
  type OpenedEncoder,
  openEncoder,
  type TopAccuracies,
  type TrainError,
  uploadEncoder,
} from "../../train/mod.ts";
import { mustWork } from "../command/describe_errors.ts";
import {
  finetunedAccuracies,
  plannedFinetuning,
} from "../evaluate/finetune_encoder.ts";
import { untrainedEncoder } from "../evaluate/judged_encoder.ts";
import {
  accuracyWarnings,
  frequentShare,
  hasDiverged,
} from "../evaluate/judgement.ts";
import type { Evaluation } from "../evaluate/open_evaluation.ts";
import {
  describeRate,
  encodedBy,
  plannedProbe,
  probeFound,
  rated,
  storedRate,
} from "../evaluate/probe_encoder.ts";
import { evaluatedImages, tellUnreadable } from "../images/unreadable.ts";
import type { ShownWork } from "../output/progress_bar.ts";
import {
  type Experiment,
  finetuneConfig,
  probeConfig,
  type Trial,
} from "./experiment.ts";
import { type Judgement, type Part, trialFolder } from "./experiment_folder.ts";
import { UNTRAINED } from "./methods.ts";
import { type Interrupted, partRun } from "./part_run.ts";

/** Shared inputs of the judgements of an experiment. */
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

/** Result of a judgement, without its duration. */
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
  const path = join(trialFolder(root, trial), part);
  const found = part === "finetune"
    ? await finetuned(context, trial, evaluation, path)
    : await probed(context, trial, evaluation, path);
  tellUnreadable(evaluation, say);
  if (found === "interrupted") return found;
  const mostFrequent = frequentShare(queries);
  accuracyWarnings(found, mostFrequent, classes).forEach(say);
  const diverged = hasDiverged(found.loss ?? null, classes);
  return { ...found, mostFrequent, diverged };
}

/** Fine-tunes the encoder of a trial. */
async function finetuned(
  context: JudgeContext,
  trial: Trial,
  evaluation: Evaluation,
  path: string,
): Promise<Accuracies | Interrupted> {
  const { classes, unreadable: { train: badImages } } = evaluation;
  const config = finetuneConfig(context.experiment, trial, classes);
  const planned = plannedFinetuning(evaluation, config, { badImages });
  const scores = await partRun(planned, path, context);
  return scores === "interrupted" ? scores : finetunedAccuracies(scores);
}

/** The base rate of a probe that was begun before, if there is one. */
async function begunRate(path: string): Promise<number | null> {
  const text = await readFile(join(path, "config.json"), "utf8")
    .catch(() => "null");
  const rate: unknown = JSON.parse(text)?.baseRate;
  return typeof rate === "number"
    ? rate
    : await storedRate(`${path}.safetensors`);
}

/** Probes the encoder of a trial. */
async function probed(
  context: JudgeContext,
  { seed }: Trial,
  evaluation: Evaluation,
  path: string,
): Promise<Accuracies | Interrupted> {
  const { experiment, backend, say, signal } = context;
  const { classes, train, encoder: { model, parameters } } = evaluation;
  const asked = probeConfig(experiment, seed, model, classes, train.length);
  const before = experiment.probe.baseRate === null
    ? await begunRate(path)
    : null;
  const config = before === null ? asked : { ...asked, baseRate: before };
  const isSwept = experiment.probe.baseRate === null && before === null;
  const features = { feature: lastTap(model), augment: false, isSwept };
  const uploaded = uploadEncoder(backend, model, parameters);
  try {
    const all = await encodedBy(evaluation, [uploaded], features, context);
    const [encoded] = orStopped(all) ?? [];
    if (encoded === undefined) return "interrupted";
    const rate = orStopped(
      await rated(evaluation, encoded, features, config, context),
    );
    if (rate === null) return "interrupted";
    const loading = { badImages: evaluation.unreadable.train };
    const planned = plannedProbe(
      ...[evaluation, encoded, features, rate, loading, signal] as const,
    );
    const scores = await partRun(planned, path, context);
    if (scores === "interrupted") return scores;
    const found = probeFound(planned, scores);
    const words = describeRate(found);
    if (words !== null) say(words);
    return found;
  } finally {
    disposeAll(uploaded.values());
  }
}

/** The value of a success, `null` where the work was stopped. */
const orStopped = <A>(result: Result<TrainError, A>): A | null =>
  result._tag === "Left" && result.left._tag === "Stopped"
    ? null
    : mustWork(result);

/** Accuracies and, if it is known, the mean loss of the last epoch. */
interface Accuracies extends TopAccuracies {
  readonly loss?: number | null;
}
