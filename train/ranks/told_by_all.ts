/** What all ranks bring to a meeting, on each of them. */
import { type Result, right } from "../../core/mod.ts";
import type { Ranks } from "../../ranks/mod.ts";
import { orRanksFailed, type TrainError } from "../train_error.ts";

/**
 * Tells a value to all ranks and hears that of each.
 *
 * @param ranks The ranks; with `null` there is this process alone, and nothing to wait for.
 * @param own What this rank tells; it is sent as JSON.
 * @param what What all come to, for the error.
 * @param limit Seconds for which ranks wait; by default that of the ranks.
 * @returns The values in the order of the ranks.
 */
export async function toldByAll<A>(
  ranks: Ranks | null,
  own: A,
  what: string,
  limit?: number,
): Promise<Result<TrainError, readonly A[]>> {
  if (ranks === null) return right([own]);
  const told = JSON.stringify(own);
  const heard = orRanksFailed(await ranks.exchange(told, what, limit));
  return heard._tag === "Left"
    ? heard
    : right(heard.right.map((text): A => JSON.parse(text)));
}

/** Numbers of a stretch of an array that several ranks fill. */
export interface FilledPart {
  /** Place of the first number. */
  readonly at: number;
  readonly numbers: Float32Array;
}

/**
 * An array of which each rank has some parts, whole on all of them and to the bit: every
 * number is of one rank.
 *
 * @param length Numbers of all parts.
 * @param parts The parts of this rank.
 */
export async function filledByAll(
  ranks: Ranks | null,
  length: number,
  parts: readonly FilledPart[],
): Promise<Result<TrainError, Float32Array>> {
  // Nothing else leaves both zeros as they are when it is added.
  const all = new Float32Array(length).fill(-0);
  for (const { at, numbers } of parts) all.set(numbers, at);
  if (ranks === null) return right(all);
  const summed = orRanksFailed(await ranks.sum(all));
  return summed._tag === "Left" ? summed : right(all);
}
