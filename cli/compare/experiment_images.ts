/** The images of an experiment. */
import { type ImageSource, labelledImages } from "../../data/mod.ts";
import { must, refuse } from "../command/command_failed.ts";
import { describeImages } from "../command/describe_errors.ts";
import { drawnImages, openImages } from "../images/images.ts";
import type { Experiment } from "./experiment.ts";

/** The images of an experiment by use. */
export interface ExperimentImages {
  readonly experiment: Experiment;
  readonly source: ImageSource;
  /** Labelled training images among them, the same for every trial. */
  readonly train: ImageSource;
  /** Labelled images that are not trained on. */
  readonly validation: ImageSource;
  readonly validationSummary: string;
}

/** Opens the images of an experiment. */
export async function experimentImages(
  experiment: Experiment,
): Promise<ExperimentImages> {
  const { data, limit, heldOut, background, labels } = experiment;
  const choice = { classes: null, valShare: null, heldOut, background };
  const opened = await openImages(data, limit, choice);
  const { train: source, validation, validationSummary } = must(
    opened,
    describeImages,
  );
  if (validation === null) {
    return refuse(`--data: judged by ${validationSummary}`);
  }
  const known = drawnImages(labelledImages(source), labels, "--labels");
  return {
    experiment,
    source,
    train: must(known, describeImages),
    validation,
    validationSummary,
  };
}
