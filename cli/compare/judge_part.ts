/** Judgement of the encoder of a trial. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Backend } from "../../backends/mod.ts";
import { left, type Result, rootKey } from "../../core/mod.ts";
import { type ImageSource, sharePerClass } from "../../data/mod.ts";
import {
  disposeAll,
  knnAccuracies,
  lastTap,
  neighbourFeature,
  type OpenedEncoder,
  openEncoder,
  type TopAccuracies,
  type TrainError,
  uploadEncoder,
} from "../../train/mod.ts";
import { must } from "../command/command_failed.ts";
import { mustWork } from "../command/describe_errors.ts";
import {
  finetunedAccuracies,
  plannedFinetuning,
} from "../evaluate/finetune_encoder.ts";
import { untrainedEncoder } from "../evaluate/evaluated_encoder.ts";
import {
  accuracyWarnings,
  frequentShare,
  hasDiverged,
} from "../evaluate/evaluation_result.ts";
import { sourceFeatures } from "../evaluate/features.ts";
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
import { type ShownWork, underBar } from "../output/progress_bar.ts";
import {
  type Experiment,
  finetuneConfig,
  type Judge,
  type JudgeKind,
  judgeParts,
  probeConfig,
  type Trial,
} from "./experiment.ts";
import { trialFolder, type TrialScores } from "./trial_folder.ts";
import { UNTRAINED } from "./methods.ts";
import { type Interrupted, partRun } from "./part_run.ts";

/** Shared inputs of the judgements of an experiment. */
export interface JudgeContext extends ShownWork {
  readonly experiment: Experiment;
  readonly train: ImageSource;
  readonly validation: ImageSource;
  readonly backend: Backend;
  /** The listed method whose first values are those of the untrained encoder. */
  readonly first: string;
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
  { first }: JudgeContext,
  { method, seed }: Trial,
  root: string,
): Promise<OpenedEncoder> {
  const of = method === UNTRAINED ? first : method;
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

/** Images whose labels are known: all, or so many of each class, others for each seed. */
const taughtBy = (
  { train }: JudgeContext,
  { seed }: Trial,
  shots: number | null,
): ImageSource =>
  shots === null ? train : must(sharePerClass(train, shots, rootKey(seed)));

/** Result of a judgement, without its duration. */
export type UntimedScores = Omit<TrialScores, "wallSeconds">;

/**
 * Judges the encoder of a trial, from the beginning or from where it was stopped.
 *
 * @param root The experiment's folder, with the finished pre-training of the trial.
 * @throws {CommandFailed} where it fails.
 */
export async function judgePart(
  context: JudgeContext,
  trial: Trial,
  judge: Judge,
  root: string,
): Promise<UntimedScores | Interrupted> {
  const { validation, backend, say } = context;
  const { kind, shots } = judgeParts(judge);
  const train = taughtBy(context, trial, shots);
  const encoder = await encoderOf(context, trial, root);
  const classes = train.classNames?.length ?? 0;
  const evaluation: Evaluation = {
    ...{ encoder, classes, backend },
    ...evaluatedImages(train, validation),
    resizeSize: encoder.model.imageSize,
  };
  const path = join(trialFolder(root, trial), judge);
  const found = await JUDGED[kind](context, trial, evaluation, path);
  tellUnreadable(evaluation, say);
  if (found === "interrupted") return found;
  const mostFrequent = frequentShare(validation);
  accuracyWarnings(found, mostFrequent, classes).forEach(say);
  const diverged = hasDiverged(found.loss ?? null, classes);
  return { ...found, mostFrequent, diverged };
}

/** A judge at work. */
type Judging = (
  context: JudgeContext,
  trial: Trial,
  evaluation: Evaluation,
  path: string,
) => Promise<Accuracies | Interrupted>;

/** Fine-tunes the encoder of a trial. */
const finetuned: Judging = async (context, trial, evaluation, path) => {
  const { classes, train, unreadable: { train: badImages } } = evaluation;
  const { experiment } = context;
  const config = finetuneConfig(experiment, trial, classes, train.length);
  const planned = plannedFinetuning(evaluation, config, { badImages });
  const scores = await partRun(planned, path, context);
  return scores === "interrupted" ? scores : finetunedAccuracies(scores);
};

/** Has the nearest labelled images of a trial's encoder vote. */
const voted: Judging = async (context, _, evaluation) => {
  const { experiment: { knn: { neighbours, temperature } } } = context;
  const { backend, classes, encoder: { model, parameters } } = evaluation;
  const uploaded = uploadEncoder(backend, model, parameters);
  const featuresOf = async (part: "train" | "validation") => {
    const feature = neighbourFeature(model);
    const found = await sourceFeatures(
      ...[evaluation, [uploaded], feature, part, context] as const,
    );
    return orStopped(found)?.[0] ?? null;
  };
  try {
    const known = await featuresOf("train");
    const asked = known === null ? null : await featuresOf("validation");
    if (known === null || asked === null) return "interrupted";
    const pairs = known.labels.length * asked.labels.length;
    const found = await underBar(
      context,
      "comparisons",
      pairs,
      (options) =>
        knnAccuracies(known, asked, classes, [neighbours], temperature, {
          ...options,
          backend,
        }),
    );
    const [accuracies] = orStopped(found) ?? [];
    return accuracies ?? "interrupted";
  } finally {
    disposeAll(uploaded.values());
  }
};

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
const probed: Judging = async (context, { seed }, evaluation, path) => {
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
};

/** The judges by name. */
const JUDGED: Readonly<Record<JudgeKind, Judging>> = {
  knn: voted,
  probe: probed,
  finetune: finetuned,
};

/** The value of a success, `null` where the work was stopped. */
const orStopped = <A>(result: Result<TrainError, A>): A | null =>
  result._tag === "Left" && result.left._tag === "Stopped"
    ? null
    : mustWork(result);

/** Accuracies and, if it is known, the mean loss of the last epoch. */
interface Accuracies extends TopAccuracies {
  readonly loss?: number | null;
}
