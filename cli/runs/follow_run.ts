/** A run as the processes take part in it that neither print nor write. */
import { resolve } from "node:path";
import type { Ranks } from "../../ranks/mod.ts";
import {
  commonStart,
  fromFirst,
  train,
  type TrainError,
  type Training,
} from "../../train/mod.ts";
import { stopped } from "../command/command_failed.ts";
import { mustWork } from "../command/describe_errors.ts";
import { interruption } from "../command/interruption.ts";
import { badImageWords } from "../images/loading.ts";
import type { PlannedRun } from "./planned_run.ts";
import type { ReadyRun } from "./ready_run.ts";
import type { RunValues } from "./run_flags.ts";

/** Takes all steps; gives why it ended, if that was an error. */
async function takeSteps(run: Training): Promise<TrainError | null> {
  for await (const taken of run) {
    if (taken._tag === "Left" && taken.left._tag !== "Stopped") {
      return taken.left;
    }
  }
  return null;
}

/**
 * What the first process makes, on all that share the work.
 *
 * @throws {CommandFailed} where it cannot be had.
 */
export const onFirst = async <A>(
  ranks: Ranks | null,
  make: () => Promise<A>,
): Promise<A> =>
  ranks === null
    ? await make()
    : mustWork(await fromFirst(ranks, make, "the settings of rank 0"));

/** Settings as far as they say where images are. */
interface Placed {
  /** Path of the images; `null` for the embedded ones. */
  readonly data: string | null;
}

/**
 * The settings that the first process makes, on all that share the work; the images are
 * those that each process was told of.
 *
 * @param values Flags of this process.
 * @throws {CommandFailed} where they cannot be had.
 */
export async function commonSettings<S extends Placed>(
  ranks: Ranks | null,
  { data }: { readonly data?: string | undefined },
  make: () => Promise<S>,
): Promise<S> {
  const settings = await onFirst(ranks, make);
  return ranks === null || data === undefined
    ? settings
    : { ...settings, data: resolve(data) };
}

/** What rank 0 has found in the end, on every rank. */
export const commonResult = async <Found>(
  ranks: Ranks,
  find: () => Promise<Found>,
): Promise<Found> =>
  mustWork(await fromFirst(ranks, find, "the result", Infinity));

/**
 * Takes part in a run: computes its share of every step, until rank 0 has done all that
 * comes behind.
 *
 * @returns What rank 0 has found.
 * @throws {CommandFailed} where it fails or is stopped.
 */
export async function followRun<Found extends object>(
  { task, batches, loading }: PlannedRun,
  { backend, ranks }: ReadyRun & { readonly ranks: Ranks },
  values: RunValues,
  signal: AbortSignal = interruption(() => {}).signal,
): Promise<Found> {
  const start = mustWork(await commonStart(ranks, null));
  const { "skip-non-finite": skipNonFinite = 0 } = values;
  const words = badImageWords(loading.badImages);
  const options = { backend, batches, start, skipNonFinite, signal };
  const run = train(task, { ...options, ranks, words });
  try {
    const failure = await takeSteps(run);
    if (failure !== null) mustWork({ _tag: "Left", left: failure });
    if (run.step < task.plan.totalSteps) return stopped("", {});
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
