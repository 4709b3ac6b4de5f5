/**
 * Evaluation of a run after each epoch, or at its end: computed, printed, kept in its folder.
 */
import type { Backend } from "../../backends/mod.ts";
import { left, type Result, right } from "../../core/mod.ts";
import { counted } from "../../data/mod.ts";
import type { Ranks } from "../../ranks/mod.ts";
import {
  atEpochEnds,
  epochSteps,
  evaluateNow,
  type EvaluationLine,
  type EvaluationOptions,
  type FiledTraining,
  fromFirst,
  type Hook,
  readEvaluations,
  type RunFolder,
  runFolderAt,
  type Scores,
  type StepReport,
  type StepRule,
  type Task,
  type Tracker,
  type TrainError,
  type Training,
  writeEvaluations,
} from "../../train/mod.ts";
import { mustWork } from "../command/describe_errors.ts";
import type { Progress } from "./progress.ts";

/** Evaluation of a training. */
export interface Evaluator {
  /**
   * Scores of the training as it is now; `Stopped` on all ranks, if on any.
   *
   * @param ranks The processes that share the work, all of which ask for the scores; `null`
   * where there is one.
   * @param onProgress Hears how many images have been looked at.
   */
  scores(
    training: Training,
    backend: Backend,
    signal: AbortSignal,
    ranks: Ranks | null,
    onProgress?: (images: number) => void,
  ): Promise<Result<TrainError, Scores>>;
  /** Scores in words, for example `top-1 91.20 %`; `null` where there is nothing to say. */
  words(scores: Scores): string | null;
  /** Evaluations recorded in a file of an earlier version. */
  earlier?(
    filed: FiledTraining,
    file: string,
  ): Promise<readonly EvaluationLine[]>;
}

/**
 * Evaluations of before the start of a run; its folder tells of no others from then on.
 *
 * @param beginning Checkpoint to resume from, or the file of an earlier version that it begins with.
 */
export async function evaluationsBefore(
  { evaluator }: { readonly evaluator?: Evaluator | undefined },
  { earlier, file }: {
    readonly earlier: { readonly from: string } | null;
    readonly file: string | null;
  },
  { path, start: { step } }: Pick<RunFolder, "path" | "start">,
  filed: FiledTraining | null,
): Promise<readonly EvaluationLine[]> {
  if (evaluator === undefined) return [];
  const known = earlier !== null
    ? mustWork(await readEvaluations(await runFolderAt(earlier.from)))
    : filed === null || file === null
    ? []
    : await evaluator.earlier?.(filed, file) ?? [];
  const before = known.filter((line) => line.step <= step);
  mustWork(await writeEvaluations(path, before));
  return before;
}

/** A run that is evaluated. */
interface EvaluatedRun {
  readonly task: Task<unknown>;
  readonly backend: Backend;
  readonly evaluator?: Evaluator | undefined;
  readonly folder: Pick<RunFolder, "path" | "start" | "history">;
  readonly evaluations: readonly EvaluationLine[];
}

/** Output of evaluations, and the signal that stops them. */
interface EvaluationContext {
  readonly progress: Pick<Progress, "say" | "meanwhile">;
  readonly tracker?: Tracker | null;
  readonly signal: AbortSignal;
  /** The processes that share it; `null`, the default, where there is one. */
  readonly ranks?: Ranks | null;
  /** True if its last step alone counts; by default it is evaluated after each epoch. */
  readonly isOfEndAlone?: boolean;
}

/** What all ranks come to before the first step. */
export const EVALUATION_OF_START = "the evaluation of the start";

/** The evaluations of a run under way. */
export interface EpochEvaluations {
  /** Evaluate it after each epoch; one that is stopped ends the run there, on all ranks. */
  readonly hooks: readonly Hook[];
  /**
   * Makes up for an evaluation at the start that was not made, or is not on record;
   * `Stopped` where that was stopped.
   */
  catchUp(training: Training): Promise<Result<TrainError, void>>;
  /** True if it was evaluated after a step. */
  isEvaluatedAt(step: number): boolean;
  /** All of them, in order. */
  lines(): readonly EvaluationLine[];
}

/** Mean of the losses of the epoch under way. */
function epochLoss({ task, folder: { start, history } }: EvaluatedRun) {
  let epoch = Math.ceil(start.step / epochSteps(task)) - 1;
  let losses = history.filter((line) => line.epoch === epoch)
    .map(({ loss }) => loss).filter(Number.isFinite);
  return {
    add({ epoch: now, loss }: Pick<StepReport, "epoch" | "loss">): void {
      if (now !== epoch) [epoch, losses] = [now, []];
      if (Number.isFinite(loss)) losses.push(loss);
    },
    mean: () => losses.reduce((sum, loss) => sum + loss, 0) / losses.length,
  };
}

/** Scores by the tags of trackers. */
const tagged = (scores: Scores): Scores =>
  Object.fromEntries(
    Object.entries(scores).map(([name, x]) => [`validation/${name}`, x]),
  );

/** The line of an epoch that has ended; `null` if nothing is known of it. */
function epochWords(
  task: Task<unknown>,
  evaluator: Evaluator,
  { step, scores }: EvaluationLine,
): string | null {
  const { loss } = scores;
  const found = [
    ...loss === undefined ? [] : [`loss ${loss.toFixed(4)}`],
    evaluator.words(scores) ?? [],
  ].flat();
  const epoch = Math.round(step / epochSteps(task));
  return found.length === 0
    ? null
    : `epoch ${epoch} of ${task.training.epochs}: ${found.join(", ")}`;
}

/** Picks the last step of a run. */
const atLastStep = ({ plan }: Task<unknown>): StepRule => ({
  isDueAfter: (step) => step + 1 === plan.totalSteps,
});

/**
 * The evaluations of a run: after each of its epochs or its last one, in its folder, on the
 * terminal and for trackers.
 *
 * @param run The run; without an evaluator it is not evaluated.
 */
export function epochEvaluations(
  run: EvaluatedRun,
  { progress, tracker, signal, ranks = null, isOfEndAlone }: EvaluationContext,
): EpochEvaluations {
  const { task, backend, evaluator, folder } = run;
  const lines = [...run.evaluations];
  if (evaluator === undefined) {
    const catchUp = () => Promise.resolve(right(undefined));
    return {
      hooks: [],
      catchUp,
      isEvaluatedAt: () => true,
      lines: () => lines,
    };
  }
  const loss = epochLoss(run);
  const options: Omit<EvaluationOptions, "every"> = {
    folder: folder.path,
    evaluate: async (training) => {
      progress.meanwhile("evaluating");
      const scores = await evaluator.scores(
        ...[training, backend, signal, ranks] as const,
        (images) =>
          progress.meanwhile(`evaluating: ${counted(images, "image")}`),
      );
      const mean = loss.mean();
      return scores._tag === "Left" || Number.isNaN(mean)
        ? scores
        : right({ loss: mean, ...scores.right });
    },
    onEvaluation: async (line) => {
      lines.push(line);
      const words = epochWords(task, evaluator, line);
      if (words !== null) progress.say(words);
      const { loss: _, ...scores } = line.scores;
      await tracker?.scalars(line.step, tagged(scores));
    },
  };
  const sum: Hook = {
    looksAt: "report",
    onStep: (report) => loss.add(report),
  };
  const every = isOfEndAlone ? atLastStep(task) : atEpochEnds(task);
  const isEvaluatedAt = (step: number) => lines.at(-1)?.step === step;
  const evaluated = async (
    training: Training,
  ): Promise<Result<TrainError, void>> => {
    const done = await evaluateNow(training, options);
    return done._tag === "Left" || isEvaluatedAt(training.step)
      ? done
      : left({ _tag: "Stopped" });
  };
  return {
    hooks: [sum, {
      every,
      onStep: (_, training) => evaluated(training),
    }],
    catchUp: async (training) => {
      const { step } = training;
      const isDue = step > 0 && every.isDueAfter(step - 1) &&
        !isEvaluatedAt(step);
      const due = ranks === null
        ? right(isDue)
        : await fromFirst(ranks, () => isDue, EVALUATION_OF_START);
      if (due._tag === "Left") return due;
      return due.right ? await evaluated(training) : right(undefined);
    },
    isEvaluatedAt,
    lines: () => lines,
  };
}
