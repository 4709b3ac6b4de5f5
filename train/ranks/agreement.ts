/** Agreement of all ranks on the training that they are about to begin. */
import { left, type Result, right } from "../../core/mod.ts";
import type { Ranks } from "../../ranks/mod.ts";
import { differences } from "../checkpoint/schedule_change.ts";
import type { TrainError } from "../train_error.ts";
import { toldByAll } from "./told_by_all.ts";

/**
 * Insists that all ranks are about to do the same.
 *
 * @param ranks The ranks.
 * @param identity Everything that has to be the same on all of them, in its JSON form.
 * @returns The first difference, the same on every rank: a rank, the field, and what it
 * has there beside what rank 0 has.
 */
export async function agreeOn(
  ranks: Ranks,
  identity: unknown,
): Promise<Result<TrainError, void>> {
  const own = { host: ranks.host, identity };
  const heard = await toldByAll(ranks, own, "the comparison of trainings");
  if (heard._tag === "Left") return heard;
  const [first, ...others] = heard.right;
  for (const [i, { host, identity }] of others.entries()) {
    const [difference] = differences(identity, first?.identity);
    if (difference === undefined) continue;
    const { path: field, a: found, b: wanted } = difference;
    const rank = `rank ${1 + i} on ${host}`;
    return left({ _tag: "RanksDiffer", rank, field, found, wanted });
  }
  return right(undefined);
}

/**
 * What rank 0 has, on every rank.
 *
 * @param make Makes it; called on rank 0 alone. It is sent as JSON.
 * @param what What the others wait for, for their error.
 * @param limit Seconds for which they wait; by default that of the ranks.
 */
export async function fromFirst<A>(
  ranks: Ranks,
  make: () => A | Promise<A>,
  what: string,
  limit?: number,
): Promise<Result<TrainError, A>> {
  const own = ranks.rank === 0 ? await make() : null;
  const heard = await toldByAll<A | null>(ranks, own, what, limit);
  return heard._tag === "Left" ? heard : right((own ?? heard.right[0]) as A);
}
