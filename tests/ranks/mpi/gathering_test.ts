import { deepStrictEqual } from "node:assert/strict";
import fc from "fast-check";
import { left, right } from "../../../core/mod.ts";
import { gather, type Post } from "../../../ranks/mpi/gathering.ts";
import { posts } from "./mailboxes.ts";

const nameOf = (rank: number): string => `rank ${rank}`;

const come = (
  post: Post,
  what: string,
  limit: number,
  text = "",
  grace = 0.6,
) => gather(post, { what, text }, { limit, nameOf, grace });

const after = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

Deno.test("gather() gives every rank the texts of all: empty, long, of any character", () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.oneof(
          fc.string({ unit: "binary" }),
          // Half of a pair of surrogates, which UTF-8 alone cannot hold.
          fc.constantFrom("", "ä€😀", "\ud83d", "x".repeat(10_000)),
        ),
        { minLength: 1, maxLength: 5 },
      ),
      async (texts) => {
        const all = posts(texts.length);
        const heard = await Promise.all(
          all.map((post, rank) => come(post, "texts", 30, texts[rank])),
        );
        deepStrictEqual(heard, texts.map(() => right(texts)));
      },
    ),
    { numRuns: 30 },
  ));

Deno.test("gather() tells all that came which ranks are missing", async () => {
  const all = posts(4);
  const came = await Promise.all(
    [0, 2].map((rank) => come(all[rank]!, "step 3", 0.05)),
  );
  const missing = ["rank 1", "rank 3"];
  const wanted = {
    _tag: "RanksMissing",
    what: "step 3",
    missing,
    seconds: 0.05,
  };
  deepStrictEqual(came, [left(wanted), left(wanted)]);
});

Deno.test("gather() names rank 0 where that does not come", async () => {
  const came = await come(posts(2)[1]!, "step 3", 0.01);
  const missing = ["rank 0"];
  deepStrictEqual(
    came,
    left({ _tag: "RanksMissing", what: "step 3", missing, seconds: 0.01 }),
  );
});

Deno.test("gather() waits for the others as long as rank 0, also where that is late", async () => {
  const all = posts(3);
  const limit = 1.5;
  // Rank 1 comes first and would give up after 2.1 s, rank 2 comes after 2.2 s.
  const early = come(all[1]!, "a step", limit, "early");
  await after(1200);
  const host = come(all[0]!, "a step", limit, "host");
  await after(1000);
  const late = come(all[2]!, "a step", limit, "late");
  const texts = right(["host", "early", "late"]);
  deepStrictEqual(await Promise.all([host, early, late]), [
    texts,
    texts,
    texts,
  ]);
});

Deno.test("gather() refuses ranks that come to different things, on all of them", async () => {
  const all = posts(3);
  const came = await Promise.all(
    all.map((post, rank) => come(post, rank === 2 ? "the end" : "step 4", 30)),
  );
  const reason = "rank 2 came to the end, rank 0 to step 4";
  const wanted = left({ _tag: "TransportFailed", reason });
  deepStrictEqual(came, [wanted, wanted, wanted]);
});
