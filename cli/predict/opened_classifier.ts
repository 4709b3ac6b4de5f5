/** The classifier that a command uses. */
import { counted } from "../../data/mod.ts";
import {
  describeSkipped,
  openClassifier,
  type OpenedClassifier,
} from "../../train/mod.ts";
import { must } from "../command/command_failed.ts";
import { describeTraining } from "../command/describe_errors.ts";
import { describeStatistics } from "../flags/encoder_flags.ts";
import {
  type FlagValues,
  switchFlag,
  textFlag,
  under,
} from "../flags/flags.ts";

/** Flags of a run with a head. */
export const CLASSIFIER_FLAGS = under("Classifier", {
  "ema": switchFlag(
    "take the running means of the weights, where a fine-tuning kept them",
  ),
  "encoder": textFlag(
    "PATH",
    "encoder that a probe was trained on, if it is not where it was",
  ),
});

/**
 * Opens a classifier.
 *
 * @param path A run, a checkpoint, an exported classifier or a file of one.
 * @throws {CommandFailed} where there is none.
 */
export async function classifierAt(
  path: string,
  { ema, encoder }: FlagValues<typeof CLASSIFIER_FLAGS>,
): Promise<OpenedClassifier> {
  const opened = await openClassifier(path, {
    averages: ema ?? false,
    ...encoder === undefined ? {} : { encoder },
  });
  return must(opened, describeTraining);
}

/** Description of a classifier: where it is from, its classes, its images. */
export function describeClassifier(
  { path, steps, skipped, classNames, normalization }: OpenedClassifier,
): readonly string[] {
  const after = steps === null ? "" : `, after step ${steps[0]} of ${steps[1]}`;
  return [
    ...describeSkipped(skipped).map((line) => `skipped: ${line}`),
    `classifier: ${path}${after}, ${counted(classNames.length, "class")}`,
    `pixels: ${describeStatistics(normalization)}`,
  ];
}
