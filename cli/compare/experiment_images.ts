/** The images of an experiment. */
import { type ImageSource, labelledImages } from "../../data/mod.ts";
import { must, refuse } from "../command/command_failed.ts";
import { describeImages } from "../command/describe_errors.ts";
import { drawnImages, openImages } from "../images/images.ts";
import type { Experiment } from "./experiment.ts";

/** The images of an experiment by use. */
export interface ExperimentImages {
  /** The experiment, with the numbers of images that were taken. */
  readonly experiment: Experiment;
  readonly source: ImageSource;
  /** Labelled training images among them, the same for every trial. */
  readonly train: ImageSource;
  /** Labelled images that are not trained on. */
  readonly validation: ImageSource;
  readonly validationSummary: string;
}

/** Most images that are taken where nobody says how many; `null` for no bound. */
export interface MostImages {
  readonly limit: number | null;
  readonly labels: number | null;
}

/** So many of some images as are asked for, or else at most; `null` for all. */
const countOf = (
  asked: number | null,
  most: number | null,
  { length }: ImageSource,
): number | null => asked ?? (most !== null && most < length ? most : null);

/**
 * Opens the images of an experiment.
 *
 * @param most Bounds where the experiment itself says no numbers.
 * @returns The images, and the experiment with the numbers that were taken.
 */
export async function experimentImages(
  experiment: Experiment,
  most: MostImages = { limit: null, labels: null },
): Promise<ExperimentImages> {
  const { data, heldOut, background } = experiment;
  const choice = { classes: null, valShare: null, heldOut, background };
  const opened = async (limit: number | null) =>
    must(await openImages(data, limit, choice), describeImages);
  const all = await opened(experiment.limit);
  const limit = countOf(experiment.limit, most.limit, all.train);
  const { train: source, validation, validationSummary } =
    limit === experiment.limit ? all : await opened(limit);
  if (validation === null) {
    return refuse(`--data: judged by ${validationSummary}`);
  }
  const labelled = labelledImages(source);
  const labels = countOf(experiment.labels, most.labels, labelled);
  const train = drawnImages(labelled, labels, "--labels");
  return {
    experiment: { ...experiment, limit, labels },
    source,
    train: must(train, describeImages),
    validation,
    validationSummary,
  };
}
