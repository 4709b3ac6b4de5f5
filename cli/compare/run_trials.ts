/** All trials of an experiment, one after another, beside other processes that do the same. */
import { join } from "node:path";
import { left } from "../../core/mod.ts";
import { lockFolder } from "../../train/mod.ts";
import { mustWork } from "../command/describe_errors.ts";
import { duration } from "../output/words.ts";
import { type Judge, judgeWords, type Trial } from "./experiment.ts";
import { type JudgeContext, judgePart } from "./judge_part.ts";
import { UNTRAINED } from "./methods.ts";
import type { Interrupted } from "./part_run.ts";
import { type PretrainContext, pretrainPart } from "./pretrain_part.ts";
import {
  type Done,
  finishedPart,
  keepPart,
  type Part,
  partsOf,
  type PartTime,
  trialFolder,
} from "./trial_folder.ts";

/** Shared inputs of the trials of an experiment. */
export interface TrialContext extends JudgeContext, PretrainContext {
  readonly done: Done;
  readonly judges: readonly Judge[];
  /** Called when a part has been finished. */
  readonly finished: () => Promise<unknown>;
}

/** Result of running trials: all are finished, or others are at the rest. */
export type TrialsEnd = "finished" | "shared" | Interrupted;

const wordsOf = (part: Part): string =>
  part === "pretrain" ? "pre-training" : judgeWords(part);

/** What is done and what is left, by part. */
interface Course {
  readonly done: number;
  readonly left: readonly Part[];
  readonly seconds: ReadonlyMap<Part, readonly number[]>;
}

async function courseOf(
  { done, judges }: TrialContext,
  trials: readonly Trial[],
): Promise<Course> {
  const seconds = new Map<Part, number[]>();
  const rest: Part[] = [];
  let count = 0;
  for (const trial of trials) {
    for (const part of partsOf(trial, judges)) {
      const found = await finishedPart<PartTime>(done, trial, part);
      if (found === null) rest.push(part);
      else {
        count++;
        seconds.set(part, [...seconds.get(part) ?? [], found.wallSeconds]);
      }
    }
  }
  return { done: count, left: rest, seconds };
}

/** Time that one process takes for the rest, once every kind of part has been done. */
function leftWords({ left: rest, seconds }: Course): string {
  if (rest.some((part) => !seconds.has(part))) return "";
  const mean = (all: readonly number[]): number =>
    all.reduce((sum, one) => sum + one, 0) / all.length;
  const total = rest.reduce(
    (sum, part) => sum + mean(seconds.get(part) ?? []),
    0,
  );
  return `, about ${duration(total)} left by one process`;
}

/** Does a part and keeps its result. */
async function partDone(
  context: TrialContext,
  trial: Trial,
  part: Part,
): Promise<"finished" | Interrupted> {
  const { own } = context.done;
  const from = performance.now();
  const result = part === "pretrain"
    ? await pretrainPart(context, trial, join(trialFolder(own, trial), part))
    : await judgePart(context, trial, part, own);
  if (result === "interrupted") return result;
  const wallSeconds = (performance.now() - from) / 1000;
  await keepPart(context.done, trial, part, { ...result, wallSeconds });
  await context.finished();
  return "finished";
}

/** True if a trial can be done here: an untrained encoder has the values of a trained one. */
async function isPossible(
  { done: { own }, first }: TrialContext,
  { method, seed }: Trial,
): Promise<boolean> {
  const trained = { method: first, seed };
  return method !== UNTRAINED ||
    await finishedPart({ own, known: [] }, trained, "pretrain") !== null;
}

/** Parts of a trial that no process has finished. */
async function leftOf(
  { done, judges }: TrialContext,
  trial: Trial,
): Promise<readonly Part[]> {
  const parts: Part[] = [];
  for (const part of partsOf(trial, judges)) {
    if (await finishedPart(done, trial, part) === null) parts.push(part);
  }
  return parts;
}

/** Does what is left of a trial, unless another process is at it. */
async function trialDone(
  context: TrialContext,
  trials: readonly Trial[],
  trial: Trial,
): Promise<"finished" | "skipped" | Interrupted> {
  const { done: { own }, signal, say } = context;
  const isOpen = (await leftOf(context, trial)).length > 0 &&
    await isPossible(context, trial);
  if (!isOpen) return "skipped";
  const lock = await lockFolder(trialFolder(own, trial));
  if (lock._tag === "Left") {
    return lock.left._tag === "FolderLocked"
      ? "skipped"
      : mustWork(left(lock.left));
  }
  using _lock = lock.right;
  for (const part of await leftOf(context, trial)) {
    if (signal.aborted) return "interrupted";
    const course = await courseOf(context, trials);
    const { method, seed } = trial;
    const count = course.done + course.left.length;
    say(
      `part ${course.done + 1} of ${count}: ${
        wordsOf(part)
      }, ${method}, seed ${seed}${leftWords(course)}`,
    );
    const end = await partDone(context, trial, part);
    if (end === "interrupted") return end;
  }
  return "finished";
}

/**
 * Does what is left of an experiment. Every part that is finished is kept; one that
 * was stopped goes on where it was. Several processes may work in one folder: each takes
 * a trial that no other is at.
 *
 * @throws {CommandFailed} where a part fails.
 */
export async function runTrials(
  context: TrialContext,
  trials: readonly Trial[],
): Promise<TrialsEnd> {
  let isMoving = true;
  while (isMoving) {
    isMoving = false;
    for (const trial of trials) {
      if (context.signal.aborted) return "interrupted";
      const end = await trialDone(context, trials, trial);
      if (end === "interrupted") return end;
      isMoving ||= end === "finished";
    }
  }
  const { left: rest } = await courseOf(context, trials);
  return rest.length === 0 ? "finished" : "shared";
}
