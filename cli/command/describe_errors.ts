/** Errors of the library in the words of the command line. */
import { type BackendError, describeBackendError } from "../../backends/mod.ts";
import type { Result } from "../../core/mod.ts";
import { type DataError, describeDataError } from "../../data/mod.ts";
import { describeTrainError, type TrainError } from "../../train/mod.ts";
import { type Describe, EXIT, must } from "./command_failed.ts";

/** A field at the beginning of a fault in a text. */
const FAULT = /(^|: )([\w.]+)(?=: found)/gm;

/** The end of a fault in a text. */
const WANTED = /, wanted .*$/gm;

/** Text of a training error, with flags in place of fields. */
export const describeTraining: Describe<TrainError> = (error, names) => {
  switch (error._tag) {
    case "BadConfig":
      return describeTrainError({
        ...error,
        faults: names.named(error.faults),
      });
    case "DataFailed":
      return describeImages(error.error, names);
    case "CheckpointRefused":
      return describeTrainError(error).replace(
        FAULT,
        (_, before: string, field: string) =>
          before + (names.flagOf(field) ?? field),
      ).replace(WANTED, names.inSentence);
    default:
      return describeTrainError(error);
  }
};

/** Text of what is wrong with images, with flags in place of fields. */
export const describeImages: Describe<DataError> = (error, names) =>
  describeDataError(
    error._tag === "BadOptions"
      ? { ...error, faults: names.named(error.faults) }
      : error,
  );

/** Text of what is wrong with a device. */
export const describeDevice: Describe<BackendError> = (error) =>
  describeBackendError(error);

/** Errors that mean that a command cannot begin as asked. */
const OF_INPUT: readonly TrainError["_tag"][] = [
  "BadConfig",
  "CheckpointRefused",
  "RanksDiffer",
];

/**
 * The value of a success; ends a command whose work failed. Some errors mean that it
 * cannot begin as asked.
 */
export const mustWork = <A>(result: Result<TrainError, A>): A =>
  must(
    result,
    describeTraining,
    ({ _tag }) => OF_INPUT.includes(_tag) ? EXIT.badInput : EXIT.failed,
  );
