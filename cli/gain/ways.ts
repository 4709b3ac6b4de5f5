/** What classifiers on top of each start name rightly. */
import { type Result, right } from "../../core/mod.ts";
import {
  type AccuracyGain,
  accuracyGain,
  type ClassScores,
  classScores,
  KNN_VOTE,
  knnVotes,
  predictedClasses,
  probeScores,
  type TrainError,
} from "../../train/mod.ts";
import { type ShownWork, underBar } from "../output/progress_bar.ts";
import { sweptProbe } from "../evaluate/swept_probe.ts";
import type { OpenedPictures } from "./opened_pictures.ts";
import type { Start, StartFeatures } from "./starts.ts";

/** Ways to make a classifier of a start. */
export const WAYS = ["knn", "probe", "finetune"] as const;

/** One of them. */
export type Way = typeof WAYS[number];

/** The ways in words. */
export const WAY_WORDS: Readonly<Record<Way, string>> = {
  knn: "nearest neighbours",
  probe: "linear probe",
  finetune: "fine-tuning",
};

/** What a classifier names the images to judge by. */
export interface Judged {
  readonly way: Way;
  readonly start: Start;
  /** True classes, `[count]`. */
  readonly labels: Int32Array;
  /** Named classes, `[count]`. */
  readonly named: Int32Array;
  /** What of it is right. */
  readonly scores: ClassScores;
  /** How it was made: numbers for readers of JSON. */
  readonly facts: object;
}

/** Puts together what a classifier named. */
export function judged(
  { way, start, facts }: Pick<Judged, "way" | "start" | "facts">,
  scores: ArrayLike<number>,
  labels: Int32Array,
  classes: number,
): Judged {
  const named = predictedClasses(scores, classes);
  return {
    ...{ way, start, labels, named, facts },
    scores: classScores(labels, named, classes),
  };
}

/** What a classifier is right about that another is not, on the same images. */
export function gainOf(first: Judged, second: Judged): AccuracyGain {
  const isRight = ({ labels, named }: Judged): readonly boolean[] =>
    Array.from(named, (one, i) => one === labels[i]);
  return accuracyGain(isRight(first), isRight(second));
}

/** Names classes by the vote of nearest neighbours. */
export async function byNeighbours(
  { classes, backend }: OpenedPictures,
  { start, known, asked }: StartFeatures,
  neighbours: number,
  shown: ShownWork,
): Promise<Result<TrainError, Judged>> {
  const vote = { ...KNN_VOTE, neighbours };
  const pairs = known.labels.length * asked.labels.length;
  const votes = await underBar(
    shown,
    "comparisons",
    pairs,
    (options) => knnVotes(known, asked, classes, vote, { ...options, backend }),
  );
  if (votes._tag === "Left") return votes;
  const facts = {
    neighbours: Math.min(neighbours, known.labels.length),
    temperature: vote.temperature,
  };
  return right(
    judged({ way: "knn", start, facts }, votes.right, asked.labels, classes),
  );
}

/** Names classes by a linear layer on the features. */
export async function byProbe(
  opened: OpenedPictures,
  { start, known, asked }: StartFeatures,
  shown: ShownWork,
): Promise<Result<TrainError, Judged>> {
  const { classes, backend } = opened;
  const found = await sweptProbe(opened, known, shown);
  if (found._tag === "Left") return found;
  const { config, sweep, probe } = found.right;
  const scores = await probeScores(backend, config, probe, asked);
  if (scores._tag === "Left") return scores;
  const { baseRate, epochs } = config;
  const facts = { baseRate, sweep, epochs };
  return right(
    judged({ way: "probe", start, facts }, scores.right, asked.labels, classes),
  );
}
