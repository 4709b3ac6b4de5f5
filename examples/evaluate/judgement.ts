/**
 * How an evaluation that trains comes to its end.
 *
 * @module
 */
import { left, type Result, right } from "../../core/mod.ts";
import {
  describeTrainError,
  type TopAccuracies,
  type TrainError,
} from "../../train/mod.ts";
import { badInput, EXIT, type Failure } from "../pretrain/failure.ts";
import { interruption } from "../pretrain/interruption.ts";
import { failedWith } from "./open_evaluation.ts";
import type { Interrupted, TrainingChoice } from "./training_start.ts";

/** Files of a training, as flags say them. */
interface TrainingFiles {
  readonly output?: string;
  readonly resume?: string;
}

/**
 * Where training starts, is kept and is stopped. Without a file to keep it in, Ctrl-C
 * ends the program as it does any other.
 *
 * @param files The flags `--output` and `--resume`.
 * @param say Prints a line.
 */
export function trainingChoice(
  { output, resume }: TrainingFiles,
  say: (line: string) => void,
): TrainingChoice {
  const signal = output === undefined ? undefined : interruption(say).signal;
  return { output, resume, say, signal };
}

/** An error as the last words of a program: some mean that it cannot begin as asked. */
export const judgingFailed = (error: TrainError): Result<Failure, never> =>
  error._tag === "BadConfig" || error._tag === "CheckpointRefused"
    ? badInput(describeTrainError(error))
    : failedWith(error);

/** Accuracies as a person reads them. */
export function describeAccuracies({ top1, top5 }: TopAccuracies): string {
  const percent = (part: number): string => `${(100 * part).toFixed(2)} %`;
  return `top-1 ${percent(top1)}, top-5 ${percent(top5)}`;
}

/**
 * What was found, as a program ends with it.
 *
 * @param found Accuracies, an error, or that the training was stopped.
 * @param output The file in which a stopped training is kept.
 * @param say Prints the accuracies.
 */
export function judgement<Found extends TopAccuracies>(
  found: Result<TrainError, Found | Interrupted>,
  output: string | undefined,
  say: (line: string) => void,
): Result<Failure, Found> {
  if (found._tag === "Left") return judgingFailed(found.left);
  if (found.right === "interrupted") {
    const message = `stopped; go on with: --resume ${output}`;
    return left({ message, code: EXIT.interrupted });
  }
  say(describeAccuracies(found.right));
  return right(found.right);
}
