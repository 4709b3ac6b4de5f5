/**
 * All parts of an experiment, one after another.
 *
 * @module
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type Result, right } from "../../core/mod.ts";
import { fileResult, type TrainError } from "../../train/mod.ts";
import type { Interrupted } from "../evaluate/training_start.ts";
import { showSeconds } from "../pretrain/progress.ts";
import type { Experiment, Trial } from "./experiment.ts";
import {
  finishedPart,
  keepPart,
  type Part,
  PARTS,
  partsOf,
  trialFolder,
} from "./experiment_folder.ts";
import { type JudgeContext, judgePart } from "./judge_parts.ts";
import { type PretrainContext, pretrainPart } from "./pretrain_part.ts";
import type { PartTime } from "./trial_result.ts";

/** What the parts of an experiment share. */
export interface TrialContext extends JudgeContext, PretrainContext {
  /** The experiment. */
  readonly experiment: Experiment;
  /** Its folder. */
  readonly folder: string;
  /** Called when a part has been finished. */
  readonly finished: () => Promise<Result<TrainError, unknown>>;
}

/** A part of a trial that is still to be done. */
interface Task {
  readonly trial: Trial;
  readonly part: Part;
}

/** Mean seconds of the parts of each kind that are finished. */
type MeanSeconds = ReadonlyMap<Part, number>;

/** What is to be done, and how long what was done took. */
async function remaining(
  folder: string,
  trials: readonly Trial[],
): Promise<{ readonly tasks: readonly Task[]; readonly seconds: MeanSeconds }> {
  const tasks: Task[] = [];
  const taken = new Map<Part, number[]>();
  for (const trial of trials) {
    for (const part of partsOf(trial)) {
      const own = trialFolder(folder, trial);
      const done = await finishedPart<PartTime>(own, part);
      if (done === null) tasks.push({ trial, part });
      else taken.set(part, [...taken.get(part) ?? [], done.wallSeconds]);
    }
  }
  const seconds = [...taken].map(([part, all]) =>
    [part, all.reduce((sum, one) => sum + one, 0) / all.length] as const
  );
  return { tasks, seconds: new Map(seconds) };
}

/** How long the rest will take, once every kind of part has been done. */
function leftWords(tasks: readonly Task[], seconds: MeanSeconds): string {
  if (PARTS.some((part) => !seconds.has(part))) return "";
  const total = tasks.reduce(
    (sum, { part }) => sum + (seconds.get(part) ?? 0),
    0,
  );
  return `, about ${showSeconds(total)} left`;
}

const WORDS: Readonly<Record<Part, string>> = {
  pretrain: "pre-training",
  finetune: "fine-tuning",
  probe: "linear probing",
};

/** Does a part and keeps its result. */
async function done(
  context: TrialContext,
  { trial, part }: Task,
): Promise<Result<TrainError, "finished" | Interrupted>> {
  const own = trialFolder(context.folder, trial);
  const made = await fileResult(own, () => mkdir(own, { recursive: true }));
  if (made._tag === "Left") return made;
  const from = performance.now();
  const result = part === "pretrain"
    ? await pretrainPart(context, trial, join(own, part))
    : await judgePart(context, trial, part, context.folder);
  if (result._tag === "Left") return result;
  if (result.right === "interrupted") return right(result.right);
  const wallSeconds = (performance.now() - from) / 1000;
  const kept = await keepPart(own, part, { ...result.right, wallSeconds });
  if (kept._tag === "Left") return kept;
  const told = await context.finished();
  return told._tag === "Left" ? told : right("finished");
}

/**
 * Does what is left of an experiment. Every part that is finished is kept; one that
 * was stopped goes on where it was.
 *
 * @param context What the parts share.
 * @param trials The trials, in order.
 * @returns Whether all is done, or the first error.
 */
export async function runTrials(
  context: TrialContext,
  trials: readonly Trial[],
): Promise<Result<TrainError, "finished" | Interrupted>> {
  const { folder, signal, say } = context;
  const count = trials.reduce((sum, trial) => sum + partsOf(trial).length, 0);
  while (true) {
    const { tasks, seconds } = await remaining(folder, trials);
    const [task] = tasks;
    if (task === undefined) return right("finished");
    if (signal.aborted) return right("interrupted");
    const { trial: { method, seed }, part } = task;
    const place = `part ${count - tasks.length + 1} of ${count}`;
    say(
      `${place}: ${WORDS[part]}, ${method}, seed ${seed}${
        leftWords(tasks, seconds)
      }`,
    );
    const end = await done(context, task);
    if (end._tag === "Left" || end.right === "interrupted") return end;
  }
}
