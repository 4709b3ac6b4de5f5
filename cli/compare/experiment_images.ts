/**
 * The images of an experiment.
 *
 * @module
 */
import {
  describeFaults,
  left,
  type Result,
  right,
  rootKey,
} from "../../core/mod.ts";
import {
  describeDataError,
  type ImageSource,
  labelledImages,
  shareSource,
} from "../../data/mod.ts";
import { openImages } from "../images/images.ts";
import type { Experiment } from "./experiment.ts";

/** Which images do what, and the experiment with a model that fits them. */
export interface ExperimentImages {
  /** The experiment; its model takes as many channels as the images have. */
  readonly experiment: Experiment;
  /** Images to pre-train on. */
  readonly source: ImageSource;
  /** Those of them whose classes are learned. */
  readonly train: ImageSource;
  /** Labelled images that nothing is learned from. */
  readonly queries: ImageSource;
  /** Which these are, in words. */
  readonly judgedBy: string;
}

/** The same images for every trial. */
const SHARE_KEY = rootKey(0);

/** As many of the labelled images as there are to be labels for. */
function labelled(
  source: ImageSource,
  count: number | null,
): Result<string, ImageSource> {
  const known = labelledImages(source);
  if (count === null) return right(known);
  const share = shareSource(known, count, SHARE_KEY);
  return share._tag === "Right"
    ? share
    : left(`--labels: ${describeFaults(share.left)}`);
}

/**
 * Opens the images of an experiment.
 *
 * @param experiment The experiment.
 * @returns The images, or in words why they cannot be had.
 */
export async function experimentImages(
  experiment: Experiment,
): Promise<Result<string, ExperimentImages>> {
  const { data, limit, heldOut, labels, pretrain } = experiment;
  const choice = { classes: null, valShare: null, heldOut };
  const opened = await openImages(data, limit, choice);
  if (opened._tag === "Left") return left(describeDataError(opened.left));
  const { train: source, queries, judgedBy } = opened.right;
  if (queries === null) return left(`--data: judged by ${judgedBy}`);
  const train = labelled(source, labels);
  if (train._tag === "Left") return train;
  const inChannels = source.normalization.mean.length;
  const model = { ...pretrain.model, inChannels };
  return right({
    experiment: { ...experiment, pretrain: { ...pretrain, model } },
    source,
    train: train.right,
    queries,
    judgedBy,
  });
}
