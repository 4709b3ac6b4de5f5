/** The result of a command that several processes share. */
import type { Ranks } from "../../ranks/mod.ts";
import { fromFirst } from "../../train/mod.ts";
import { CommandFailed, EXIT, stopped } from "./command_failed.ts";
import { mustWork } from "./describe_errors.ts";

/** What rank 0 came to: a result, or its stop by the user. */
type Outcome<Found> = { readonly found: Found } | { readonly stopped: unknown };

const isStop = (thrown: unknown): boolean =>
  thrown instanceof CommandFailed && thrown.code === EXIT.interrupted;

/**
 * What rank 0 has found in the end, on every rank. The others wait for it as long as it
 * takes.
 *
 * @param ranks The ranks; `null` where there is one process.
 * @throws {CommandFailed} on all ranks, where rank 0 is stopped.
 */
export async function commonResult<Found>(
  ranks: Ranks | null,
  find: () => Promise<Found>,
): Promise<Found> {
  if (ranks === null) return await find();
  const make = async (): Promise<Outcome<Found>> => {
    try {
      return { found: await find() };
    } catch (thrown) {
      if (isStop(thrown)) return { stopped: thrown };
      throw thrown;
    }
  };
  const told = await fromFirst(ranks, make, "the result", Infinity);
  const outcome = mustWork(told);
  if ("found" in outcome) return outcome.found;
  if (ranks.rank === 0) throw outcome.stopped;
  return stopped("", {});
}
