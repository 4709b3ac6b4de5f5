/** Agreement of all ranks on the training that they are about to begin. */
import { left, type Result, right } from "../../core/mod.ts";
import type { Ranks } from "../../ranks/mod.ts";
import { differences } from "../checkpoint/schedule_change.ts";
import type { TrainError } from "../train_error.ts";

/** Texts of one thing at each rank. */
async function told(
  ranks: Ranks,
  value: unknown,
  what: string,
  limit?: number,
): Promise<Result<TrainError, readonly string[]>> {
  const heard = await ranks.exchange(JSON.stringify(value), what, limit);
  return heard._tag === "Right"
    ? heard
    : left({ _tag: "RanksFailed", error: heard.left });
}

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
  const heard = await told(ranks, own, "the comparison of trainings");
  if (heard._tag === "Left") return heard;
  const [first, ...others] = heard.right.map((text) => JSON.parse(text));
  for (const [i, { host, identity }] of others.entries()) {
    const [difference] = differences(identity, first.identity);
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
  const heard = await told(ranks, own, what, limit);
  if (heard._tag === "Left") return heard;
  return right(own ?? JSON.parse(heard.right[0] ?? "null"));
}
