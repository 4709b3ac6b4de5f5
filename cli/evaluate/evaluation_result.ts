/** Facts of an evaluation, its progress and its interruption. */
import type { Backend } from "../../backends/mod.ts";
import type { Result } from "../../core/mod.ts";
import type { ImageSource } from "../../data/mod.ts";
import type { Ranks } from "../../ranks/mod.ts";
import {
  mostFrequentShare,
  type TopAccuracies,
  type TrainError,
} from "../../train/mod.ts";
import { stopped } from "../command/command_failed.ts";
import { mustWork } from "../command/describe_errors.ts";
import { interruption } from "../command/interruption.ts";
import { barsOn, barStream } from "../output/progress_bar.ts";
import { percent } from "../output/words.ts";
import type { EvaluatedEncoder } from "./open_evaluation.ts";

/** Progress output of a program, the Ctrl-C that stops it, and the processes that share its work. */
export const shownWork = (
  say: (line: string) => void,
  ranks: Ranks | null,
) => ({
  startBar: barsOn(barStream()),
  signal: interruption(say).signal,
  ranks,
});

/** Flags that a run of an evaluation does not remember. */
const RESTATED = [
  "prefix",
  "heads",
  "mean",
  "std",
  "image-size",
  "resize-size",
  "tokens",
  "taps",
  "augment",
  "no-untrained",
  "untrained",
  "output",
] as const;

/** A program that evaluates an encoder, with the words and flags that it wants in any case. */
export function encoderProgram(
  program: string,
  path: string,
  values: Readonly<Record<string, unknown>>,
): string {
  const given = RESTATED.filter((name) => values[name] !== undefined);
  const flags = given.map((name) =>
    values[name] === true ? ` --${name}` : ` --${name} ${values[name]}`
  );
  return `${program} ${path}${flags.join("")}`;
}

/**
 * The value of a success; ends a command whose work failed or was stopped.
 *
 * @param known Facts known until then.
 */
export const mustNotStop = <A>(
  result: Result<TrainError, A>,
  known: object,
): A =>
  result._tag === "Left" && result.left._tag === "Stopped"
    ? stopped("stopped before anything was found", known)
    : mustWork(result);

/** Accuracies as a person reads them. */
export const describeAccuracies = ({ top1, top5 }: TopAccuracies): string =>
  `top-1 ${percent(top1, 2)}, top-5 ${percent(top5, 2)}`;

/** Part of the images that are of the most frequent class. */
export const frequentShare = (source: ImageSource): number =>
  mostFrequentShare(
    Array.from({ length: source.length }, (_, index) => source.label(index)),
  );

/** Baseline of an accuracy, in words. */
export const describeShare = (share: number): string =>
  `the most frequent class is ${percent(share, 2)} of the images to judge by`;

/**
 * Says so if an accuracy is no more than answering one class for everything gives.
 *
 * @param top1 The accuracy.
 * @param share Part of the images that are of the most frequent class.
 * @returns A warning, or `null`.
 */
function frequentClassWarning(
  top1: number,
  share: number,
): string | null {
  return top1 > share
    ? null
    : `warning: ${
      percent(top1, 2)
    } is no more than answering the most frequent class for everything gives (${
      percent(share, 2)
    })`;
}

/**
 * True if a classifier is worse than an even guess.
 *
 * @param loss Its mean loss over its last epoch, if that is known.
 * @param classes Number of classes.
 */
export const hasDiverged = (loss: number | null, classes: number): boolean =>
  loss !== null && !(loss < Math.log(classes));

/** Says so if a classifier does not even guess evenly any more. */
function divergenceWarning(
  loss: number | null,
  classes: number,
): string | null {
  return loss === null || !hasDiverged(loss, classes)
    ? null
    : `warning: it diverged: its loss ${
      loss.toFixed(4)
    } is not below that of a uniform guess, ${
      Math.log(classes).toFixed(4)
    }; a lower rate may help`;
}

/**
 * Fault that makes the accuracy of a classifier worthless.
 *
 * @param found Its accuracy, and its mean loss over its last epoch if that is known.
 * @param share Part of the images that are of the most frequent class.
 * @param classes Number of classes.
 * @returns Warnings, often none.
 */
export const accuracyWarnings = (
  { top1, loss = null }: FoundAccuracies,
  share: number,
  classes: number,
): readonly string[] =>
  [divergenceWarning(loss, classes), frequentClassWarning(top1, share)]
    .filter((warning) => warning !== null);

/** Facts of an evaluation for the last line of the output. */
export const evaluationFacts = (
  { encoder, train, validation }: EvaluatedEncoder,
  { device }: Backend,
) => ({
  encoder: encoder.path,
  normalization: train.normalization,
  images: train.length,
  queries: validation.length,
  device: device.name,
});

/** Accuracies of a classifier, and its mean loss over its last epoch if that is known. */
export interface FoundAccuracies extends TopAccuracies {
  readonly loss?: number | null;
}

/**
 * Says what a classifier came to, beside that of an untrained encoder and the most
 * frequent class.
 *
 * @returns Part of the validation images that are of the most frequent class.
 */
export function tellAccuracies(
  { validation, classes }: Pick<EvaluatedEncoder, "validation" | "classes">,
  found: FoundAccuracies,
  untrained: TopAccuracies | undefined,
  say: (line: string) => void,
): number {
  const share = frequentShare(validation);
  if (untrained !== undefined) {
    say(`untrained encoder: ${describeAccuracies(untrained)}`);
  }
  say(describeShare(share));
  accuracyWarnings(found, share, classes).forEach(say);
  return share;
}
