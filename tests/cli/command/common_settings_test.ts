import { deepStrictEqual } from "node:assert/strict";
import { resolve } from "node:path";
import { commonSettings } from "../../../cli/command/common_settings.ts";
import { localRanks } from "../../ranks/local_ranks.ts";

Deno.test("commonSettings() are those of rank 0, but for where each process finds its images", async () => {
  const asked: number[] = [];
  const given = [{ data: "here" }, { data: "there" }, {}];
  const found = await Promise.all(
    localRanks(3).map((ranks, rank) =>
      commonSettings(ranks, given[rank]!, () => {
        asked.push(rank);
        return Promise.resolve({ data: "/first", seed: 3 });
      })
    ),
  );
  deepStrictEqual(asked, [0]);
  deepStrictEqual(found, [
    { data: resolve("here"), seed: 3 },
    { data: resolve("there"), seed: 3 },
    { data: "/first", seed: 3 },
  ]);
  const alone = { data: "/first" };
  const make = () => Promise.resolve(alone);
  deepStrictEqual(await commonSettings(null, { data: "here" }, make), alone);
});
