/** A run as the processes take part in it that neither print nor write. */
import type { Backend } from "../../backends/mod.ts";
import type { Ranks } from "../../ranks/mod.ts";
import {
  commonStart,
  train,
  type TrainError,
  type Training,
} from "../../train/mod.ts";
import { stopped } from "../command/command_failed.ts";
import { commonResult } from "../command/common_result.ts";
import { mustWork } from "../command/describe_errors.ts";
import { interruption } from "../command/interruption.ts";
import { badImageWords } from "../images/loading.ts";
import type { ShownWork } from "../output/progress_bar.ts";
import {
  type JoinedEvaluations,
  joinedEvaluations,
} from "./joined_evaluation.ts";
import type { PlannedRun } from "./planned_run.ts";
import type { ReadyRun } from "./ready_run.ts";
import type { RunValues } from "./run_flags.ts";

/** A run on a process that neither prints nor writes. */
export interface FollowedRun {
  readonly backend: Backend;
  readonly run: Training;
}

/** What such a process has to do with the end of a run; whether it is stopped rank 0 says. */
export type Assist<Planned extends PlannedRun> = (
  run: Planned & FollowedRun,
  shown: ShownWork,
) => Promise<void>;

/** Takes all steps; gives why it ended, if that was an error. */
async function takeSteps(
  run: Training,
  { catchUp }: JoinedEvaluations,
): Promise<TrainError | null> {
  const caughtUp = await catchUp(run);
  if (caughtUp._tag === "Left") return caughtUp.left;
  for await (const taken of run) {
    if (taken._tag === "Left") return taken.left;
  }
  return null;
}

/**
 * Takes part in a run: computes its share of every step and every evaluation, until rank 0
 * has done all that comes behind.
 *
 * @param assist Its part of what comes behind; nothing by default.
 * @returns What rank 0 has found.
 * @throws {CommandFailed} where it fails or is stopped.
 */
export async function followRun<
  Planned extends PlannedRun,
  Found extends object,
>(
  planned: Planned,
  { backend, ranks }: ReadyRun & { readonly ranks: Ranks },
  values: RunValues,
  signal: AbortSignal = interruption(() => {}).signal,
  assist: Assist<Planned> = () => Promise.resolve(),
): Promise<Found> {
  const { task, batches, loading, evaluator } = planned;
  const start = mustWork(await commonStart(ranks, null));
  const { "skip-non-finite": skipNonFinite = 0 } = values;
  const words = badImageWords(loading.badImages);
  const evaluating = joinedEvaluations({
    ...{ task, backend, evaluator, ranks, signal },
  });
  const { hooks } = evaluating;
  const options = { backend, batches, start, skipNonFinite, signal, hooks };
  const run = train(task, { ...options, ranks, words });
  try {
    const failure = await takeSteps(run, evaluating);
    if (failure?._tag === "Stopped" || evaluating.isStopped()) {
      return stopped("", {});
    }
    if (failure !== null) mustWork({ _tag: "Left", left: failure });
    await assist({ ...planned, backend, run }, { signal, ranks });
    const nothing = (): never => {
      throw new TypeError("rank 0 alone has a result");
    };
    return await commonResult<Found>(ranks, nothing);
  } finally {
    loading.workers?.[Symbol.dispose]();
    run.dispose();
    backend.dispose();
  }
}
