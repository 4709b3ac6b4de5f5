/**
 * Errors in the words of the command line.
 *
 * @module
 */
import { describeTrainError, type TrainError } from "../../train/mod.ts";
import { flagOf, namedByFlags, withFlags } from "./faults_by_flags.ts";

/** A field at the beginning of a fault in a text. */
const FAULT = /(^|: )([\w.]+)(?=: found)/gm;

/** The end of a fault in a text. */
const WANTED = /, wanted .*$/gm;

/**
 * Text of an error, with flags in place of fields.
 *
 * @param error What went wrong.
 */
export function describeByFlags(error: TrainError): string {
  if (error._tag === "BadConfig") {
    return describeTrainError({ ...error, faults: namedByFlags(error.faults) });
  }
  const text = describeTrainError(error);
  return error._tag !== "CheckpointRefused" ? text : text.replace(
    FAULT,
    (_, before: string, field: string) => before + (flagOf(field) ?? field),
  ).replace(WANTED, withFlags);
}
