import { deepStrictEqual } from "node:assert/strict";
import fc from "fast-check";
import { left, right } from "../../core/mod.ts";
import { localRanks } from "./local_ranks.ts";
import { treeSum } from "./tree_sum.ts";

const finite = fc.float({ noNaN: true, noDefaultInfinity: true });

Deno.test("localRanks() gives every rank the texts of all, in order", () =>
  fc.assert(fc.asyncProperty(
    fc.array(fc.string({ unit: "grapheme" }), { minLength: 1, maxLength: 6 }),
    async (texts) => {
      const ranks = localRanks(texts.length);
      const heard = await Promise.all(
        ranks.map((rank, i) => rank.exchange(texts[i]!, "texts")),
      );
      deepStrictEqual(heard, texts.map(() => right(texts)));
    },
  )));

Deno.test("localRanks() sums as a balanced tree: (0 + 1) + (2 + 3), in place", () =>
  fc.assert(fc.asyncProperty(
    fc.nat(9).chain((length) =>
      fc.array(
        fc.array(finite, { minLength: length, maxLength: length }),
        { minLength: 4, maxLength: 4 },
      )
    ),
    async (rows) => {
      const [a, b, c, d] = rows.map((row) => Float32Array.from(row));
      const left = a!.map((x, i) => x + b![i]!);
      const right = c!.map((x, i) => x + d![i]!);
      const wanted = left.map((x, i) => x + right[i]!);
      deepStrictEqual(treeSum([a!, b!, c!, d!]), wanted);
      const parts = [a!, b!, c!, d!];
      await Promise.all(
        localRanks(4).map((rank) => rank.sum(parts[rank.rank]!)),
      );
      deepStrictEqual(parts, parts.map(() => wanted));
    },
  )));

Deno.test("localRanks() copies the bytes of rank 0 and counts what sums take", async () => {
  const ranks = localRanks(3);
  const bytes = ranks.map(({ rank }) => Uint8Array.of(rank, rank));
  await Promise.all(ranks.map((rank) => {
    // The second call need not wait for the first one.
    const sum = rank.sum(new Float32Array(5));
    return Promise.all([sum, rank.broadcast(bytes[rank.rank]!)]);
  }));
  deepStrictEqual(bytes, bytes.map(() => Uint8Array.of(0, 0)));
  deepStrictEqual(ranks.map(({ traffic }) => [traffic.bytes, traffic.sums]), [
    [20, 1],
    [20, 1],
    [20, 1],
  ]);
  await Promise.all(ranks.map((rank) => rank.end()));
});

Deno.test("localRanks() names the ranks that are missing to all others", async () => {
  const ranks = localRanks(4, {
    limitSeconds: 0.01,
    hosts: ["a", "a", "b", "b"],
  });
  deepStrictEqual(
    ranks.map(({ localRank, localSize }) => [localRank, localSize]),
    [[0, 2], [1, 2], [0, 2], [1, 2]],
  );
  const came = await Promise.all(
    [0, 2].map((rank) => ranks[rank]!.exchange("", "step 3")),
  );
  const missing = ["rank 1 on a", "rank 3 on b"];
  const wanted = {
    _tag: "RanksMissing",
    what: "step 3",
    missing,
    seconds: 0.01,
  };
  deepStrictEqual(came, [left(wanted), left(wanted)]);
});

Deno.test("localRanks() refuses ranks that come to different things", async () => {
  const [a, b] = localRanks(2);
  const results = await Promise.all([
    a!.exchange("", "x"),
    b!.exchange("", "y"),
  ]);
  const reason = "rank 1 came to y, rank 0 to x";
  const wanted = left({ _tag: "TransportFailed", reason });
  deepStrictEqual(results, [wanted, wanted]);
});

Deno.test("localRanks() fails what others wait for when a rank aborts", async () => {
  const aborts: unknown[] = [];
  const onAbort = (...abort: unknown[]) => aborts.push(abort);
  const [a, b] = localRanks(2, { onAbort });
  const waiting = a!.sum(new Float32Array(1));
  await Promise.resolve();
  b!.abort(3);
  const reason = "rank 1 ended all with exit code 3";
  const wanted = left({ _tag: "TransportFailed", reason });
  deepStrictEqual([await waiting, aborts], [wanted, [[1, 3]]]);
});
