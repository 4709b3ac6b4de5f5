/** Evaluation of the encoder of a run by the classes of nearest neighbours. */
import {
  featureWidth,
  neighbourFeature,
  type Result,
  right,
} from "../../core/mod.ts";
import { type BadImages, counted, labelledImages } from "../../data/mod.ts";
import {
  disposeState,
  initialSnapshot,
  knnAccuracy,
  mostFrequentShare,
  type TrainError,
  uploadState,
} from "../../train/mod.ts";
import { describeFeature } from "../output/model_words.ts";
import { programName } from "../output/program_name.ts";
import { type ShownWork, underBar } from "../output/progress_bar.ts";
import {
  type EvaluationFeatures,
  evaluationFeatures,
} from "./evaluation_features.ts";
import type { FollowedRun } from "../runs/follow_run.ts";
import type { OpenedRun } from "../runs/open_run.ts";
import type { PlannedPretraining } from "./plan_run.ts";

/** A pre-training that is open. */
export type OpenedPretraining = OpenedRun<PlannedPretraining>;

/** What there is of a pre-training to evaluate, on every process that shares it. */
export type EvaluatedPretraining = PlannedPretraining & FollowedRun;

/**
 * Percent of the validation images whose class the weighted vote of their 20 nearest
 * neighbours (temperature 0.07) finds, as `examples/knn.ts` says it; `null` where it was
 * not evaluated.
 */
export interface Accuracies {
  /** By the encoder's features that neighbours are looked for by. */
  readonly knnTop1: number | null;
  /** By those of an encoder with the first values of the seed. */
  readonly knnTop1Untrained: number | null;
  /** By the pixels themselves, at most 32 × 32. */
  readonly knnTop1Pixels: number | null;
  /** Percent of the validation images that are of the most frequent class. */
  readonly mostFrequent: number | null;
  /** Images among which neighbours were looked for. */
  readonly knnImages: number | null;
  readonly knnQueries: number | null;
}

/** Accuracies without an evaluation. */
export const UNEVALUATED: Accuracies = {
  knnTop1: null,
  knnTop1Untrained: null,
  knnTop1Pixels: null,
  mostFrequent: null,
  knnImages: null,
  knnQueries: null,
};

/** The accuracies that are known, percent, by TensorBoard's tags. */
export function accuracyScalars(
  found: Accuracies,
): Readonly<Record<string, number>> {
  const tagged = {
    "validation/knn_top1": found.knnTop1,
    "validation/knn_top1_untrained": found.knnTop1Untrained,
    "validation/knn_top1_pixels": found.knnTop1Pixels,
  };
  return Object.fromEntries(
    Object.entries(tagged).flatMap(([tag, value]) =>
      value === null ? [] : [[tag, value]]
    ),
  );
}

/** Limit of the evaluation's time. */
export type EvaluationTime = "auto" | "always" | "never";

/** Options of evaluating an encoder. */
export interface EvaluationChoice extends ShownWork {
  /** Limit of its time: `auto` is a tenth of the run's time. */
  readonly time: EvaluationTime;
  readonly runSeconds: number;
  readonly unreadable: BadImages;
}

/** Accuracies of an encoder, with notes on their conditions. */
export interface EncoderEvaluation {
  readonly accuracies: Accuracies;
  readonly notes: readonly string[];
}

/** Share of the run's time that evaluation takes at most, but for the first seconds. */
const TIME_PART = 0.1;
const FREE_SECONDS = 3;

/** Images within that time at most, which bounds memory. */
const MOST = { train: 10_000, validation: 2000 };
const ALL = { train: Infinity, validation: Infinity };

/** Fewer images say too little. */
const LEAST = { train: 100, validation: 50 };

/** Comparisons of numbers in a second, at least. */
const COMPARED_PER_SECOND = 3e9;

/** Numbers that are compared for each pair of images: two encoders and pixels, at most. */
const comparedNumbers = ({ config: { model } }: EvaluatedPretraining): number =>
  2 * featureWidth(model, neighbourFeature(model)) +
  model.inChannels * Math.min(32, model.imageSize) ** 2;

/** Test for time for another batch, comparisons included. */
function clockOf(
  opened: EvaluatedPretraining,
  { time, runSeconds }: EvaluationChoice,
): (train: number, validation: number) => boolean {
  if (time === "always") return () => true;
  const seconds = Math.max(FREE_SECONDS, TIME_PART * runSeconds);
  const perPair = comparedNumbers(opened) / COMPARED_PER_SECOND;
  const from = performance.now();
  return (train, validation) => {
    const spent = (performance.now() - from) / 1000;
    return spent + train * validation * perPair < seconds;
  };
}

/** Percent of the queries whose class is found. */
async function accuracy(
  { images: { train }, backend }: EvaluatedPretraining,
  { known, asked }: EvaluationFeatures,
  shown: ShownWork,
): Promise<Result<TrainError, number>> {
  const pairs = known.labels.length * asked.labels.length;
  const classes = train.classNames?.length ?? 0;
  const found = await underBar(
    shown,
    "comparisons",
    pairs,
    (options) =>
      knnAccuracy(known, asked, classes, undefined, { ...options, backend }),
  );
  return found._tag === "Left" ? found : right(100 * found.right);
}

/** The features of the trained encoder, of the untrained one, and the pixels. */
async function featuresOf(
  opened: EvaluatedPretraining,
  choice: EvaluationChoice,
): Promise<Result<TrainError, readonly EvaluationFeatures[]>> {
  const { images, config, backend, run, plan, task, loading } = opened;
  const { train, validation } = images;
  if (validation === null) return right([]);
  const { model } = config;
  const most = choice.time === "always" ? ALL : MOST;
  const first = uploadState(backend, task, initialSnapshot(config, plan));
  const total = Math.min(most.train, train.length) +
    Math.min(most.validation, validation.length);
  const found = await underBar(
    choice,
    "images judged",
    total,
    (options) =>
      evaluationFeatures({
        ...{ backend, model, train, validation, most },
        encoders: [run.parameters(), first.parameters],
        unreadable: choice.unreadable,
        workers: loading.workers ?? undefined,
        goesOn: clockOf(opened, choice),
      }, options),
  );
  disposeState(first);
  return found;
}

/** Images that were used, and whether they are all. */
function sampleWords(
  { images: { train, validation } }: EvaluatedPretraining,
  { known, asked }: EvaluationFeatures,
): string {
  const [images, evaluated] = [known.labels.length, asked.labels.length];
  const are = `${counted(evaluated, "image")} judged by ${images}`;
  const all = `${validation?.length ?? 0} by ${train.length}`;
  return `${images}/${evaluated}` === `${train.length}/${validation?.length}`
    ? `all ${are}, as ${programName("knn")} does`
    : `${are}, of ${all}; --judge always, and ${programName("knn")}, take all`;
}

/** An encoder that was not judged, and why. */
export const unevaluated = (note: string): EncoderEvaluation => ({
  accuracies: UNEVALUATED,
  notes: [note],
});

/**
 * Accuracy of the encoder of a run, beside itself before the first step and plain
 * pixels.
 */
export async function evaluateRun(
  { images, ...run }: EvaluatedPretraining,
  choice: EvaluationChoice,
): Promise<Result<TrainError, EncoderEvaluation>> {
  const train = labelledImages(images.train);
  const opened = { ...run, images: { ...images, train } };
  if (choice.time === "never") return right(unevaluated("not judged"));
  const features = await featuresOf(opened, choice);
  if (features._tag === "Left") return features;
  const [trained, untrained, pixels] = features.right;
  if (!trained || !untrained || !pixels) {
    return right(unevaluated(`not judged: ${opened.images.validationSummary}`));
  }
  const { validation } = images;
  const isSmall =
    trained.known.labels.length < Math.min(LEAST.train, train.length) ||
    trained.asked.labels.length <
      Math.min(LEAST.validation, validation?.length ?? 0);
  if (isSmall) {
    return right(unevaluated(
      `not judged: a tenth of the run's time is too short; --judge always, or ${
        programName("knn")
      }, takes longer`,
    ));
  }
  const found: number[] = [];
  for (const one of [trained, untrained, pixels]) {
    const percent = await accuracy(opened, one, choice);
    if (percent._tag === "Left") return percent;
    found.push(percent.right);
  }
  const [knnTop1 = NaN, knnTop1Untrained = NaN, knnTop1Pixels = NaN] = found;
  const { known, asked } = trained;
  return right({
    accuracies: {
      ...{ knnTop1, knnTop1Untrained, knnTop1Pixels },
      mostFrequent: 100 * mostFrequentShare(asked.labels),
      knnImages: known.labels.length,
      knnQueries: asked.labels.length,
    },
    notes: [
      `${
        describeFeature(neighbourFeature(opened.config.model))
      }, weighted vote of 20 neighbours`,
      sampleWords(opened, trained),
    ],
  });
}
