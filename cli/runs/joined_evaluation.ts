/** Evaluations of a run as the processes take part in them that neither print nor write. */
import type { Backend } from "../../backends/mod.ts";
import { type Result, right } from "../../core/mod.ts";
import type { Ranks } from "../../ranks/mod.ts";
import {
  atEpochEnds,
  fromFirst,
  type Hook,
  type Task,
  type TrainError,
  type Training,
} from "../../train/mod.ts";
import { EVALUATION_OF_START, type Evaluator } from "./epoch_evaluation.ts";

/** A run that is evaluated, on one of the processes that share it. */
interface JoinedRun {
  readonly task: Task<unknown>;
  readonly backend: Backend;
  readonly evaluator?: Evaluator | undefined;
  readonly ranks: Ranks;
  /** Stops an evaluation, on all of them. */
  readonly signal: AbortSignal;
}

/** This process's part of the evaluations of a run. */
export interface JoinedEvaluations {
  /** Evaluate it after each epoch; one that is stopped ends the run there, on all ranks. */
  readonly hooks: readonly Hook[];
  /** Takes part in an evaluation at the start, if rank 0 has to make up for one. */
  catchUp(training: Training): Promise<Result<TrainError, void>>;
  /** True once an evaluation was stopped. */
  isStopped(): boolean;
}

/**
 * This process's part of the evaluations of a run, at the steps at which rank 0 evaluates.
 *
 * @param run The run; without an evaluator it is not evaluated.
 */
export function joinedEvaluations(
  { task, backend, evaluator, ranks, signal }: JoinedRun,
): JoinedEvaluations {
  if (evaluator === undefined) {
    const catchUp = () => Promise.resolve(right(undefined));
    return { hooks: [], catchUp, isStopped: () => false };
  }
  let isStopped = false;
  const evaluated = async (
    training: Training,
  ): Promise<Result<TrainError, void>> => {
    const scores = await evaluator.scores(training, backend, signal, ranks);
    if (scores._tag === "Right") return right(undefined);
    isStopped ||= scores.left._tag === "Stopped";
    return scores;
  };
  return {
    hooks: [{
      every: atEpochEnds(task),
      onStep: (_, training) => evaluated(training),
    }],
    catchUp: async (training) => {
      const due = await fromFirst(ranks, () => false, EVALUATION_OF_START);
      if (due._tag === "Left") return due;
      return due.right ? await evaluated(training) : right(undefined);
    },
    isStopped: () => isStopped,
  };
}
