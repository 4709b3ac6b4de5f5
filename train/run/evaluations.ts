/** Evaluations of a run while it trains. */
import { appendFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Result, right } from "../../core/mod.ts";
import type { Hook } from "../engine/hooks.ts";
import type { Training } from "../engine/training.ts";
import { replaceFile } from "../files/atomic_file.ts";
import { fileResult, isMissing } from "../files/file_result.ts";
import type { TrainError } from "../train_error.ts";

/** Name of the file in a run's folder: a JSON object for each evaluation. */
export const EVALUATIONS_FILE = "evaluations.jsonl";

/** Numbers that an evaluation found, by names such as `top1`. */
export type Scores = Readonly<Record<string, number>>;

/** One evaluation. */
export interface EvaluationLine {
  /** Steps that were done. */
  readonly step: number;
  /** Scores; a number that is not finite is `null` in the file. */
  readonly scores: Scores;
}

/** The evaluation on a line; `null` if the line is none. */
function parseLine(text: string): EvaluationLine | null {
  try {
    const { step, ...others } = JSON.parse(text);
    const isLine = Number.isSafeInteger(step) &&
      Object.values(others).every((x) => x === null || typeof x === "number");
    const scores = Object.entries(others).map(([name, x]) => [name, x ?? NaN]);
    return isLine ? { step, scores: Object.fromEntries(scores) } : null;
  } catch {
    return null;
  }
}

const lineOf = ({ step, scores }: EvaluationLine): string =>
  `${JSON.stringify({ step, ...scores })}\n`;

/**
 * Reads the evaluations of a run; a line that was cut off while it was written counts as
 * not there.
 *
 * @param folder The run's folder.
 * @returns In the order of the steps; none where there is no such file.
 */
export async function readEvaluations(
  folder: string,
): Promise<Result<TrainError, readonly EvaluationLine[]>> {
  const path = join(folder, EVALUATIONS_FILE);
  const text = await fileResult(path, async () => {
    try {
      return await readFile(path, "utf8");
    } catch (error) {
      if (isMissing(error)) return "";
      throw error;
    }
  });
  return text._tag === "Left" ? text : right(
    text.right.split("\n").map(parseLine).filter((line) => line !== null),
  );
}

/** Rewrites the evaluations of a run. */
export const writeEvaluations = (
  folder: string,
  lines: readonly EvaluationLine[],
): Promise<Result<TrainError, void>> =>
  replaceFile(join(folder, EVALUATIONS_FILE), lines.map(lineOf).join(""));

/** Options of a run's evaluation. */
export interface EvaluationOptions {
  /** The run's folder. */
  readonly folder: string;
  /** Steps after which it is evaluated. */
  readonly every: Exclude<Hook["every"], undefined>;
  /** Evaluates the training; `Stopped` skips the evaluation. */
  readonly evaluate: (
    training: Training,
  ) => Promise<Result<TrainError, Scores>>;
  /** Called with the scores, once they are on record. */
  readonly onEvaluation?: (line: EvaluationLine) => void | Promise<void>;
}

/**
 * Evaluates a training as it is now and keeps what was found in the run's folder.
 *
 * @param training The training.
 * @param options Scores, folder and reporting.
 */
export async function evaluateNow(
  training: Training,
  { folder, evaluate, onEvaluation }: Omit<EvaluationOptions, "every">,
): Promise<Result<TrainError, void>> {
  const scores = await evaluate(training);
  if (scores._tag === "Left") {
    return scores.left._tag === "Stopped" ? right(undefined) : scores;
  }
  const line = { step: training.step, scores: scores.right };
  const path = join(folder, EVALUATIONS_FILE);
  const kept = await fileResult(path, () => appendFile(path, lineOf(line)));
  if (kept._tag === "Right") await onEvaluation?.(line);
  return kept;
}

/**
 * Evaluates a training while it runs and keeps the scores in the run's folder.
 *
 * @param options When, how and where.
 */
export const evaluationHook = (options: EvaluationOptions): Hook => ({
  every: options.every,
  onStep: (_, training) => evaluateNow(training, options),
});
