import { deepStrictEqual, rejects } from "node:assert/strict";
import {
  CommandFailed,
  EXIT,
  stopped,
} from "../../../cli/command/command_failed.ts";
import { commonResult } from "../../../cli/command/common_result.ts";
import { localRanks } from "../../ranks/local_ranks.ts";

Deno.test("commonResult() gives what rank 0 finds to all, and asks no other", async () => {
  const asked: number[] = [];
  const found = await Promise.all(
    localRanks(3).map((ranks) =>
      commonResult(ranks, () => {
        asked.push(ranks.rank);
        return Promise.resolve({ top1: 0.5 });
      })
    ),
  );
  deepStrictEqual([found, asked], [[0, 1, 2].map(() => ({ top1: 0.5 })), [0]]);
  deepStrictEqual(await commonResult(null, () => Promise.resolve(3)), 3);
});

Deno.test("commonResult() stops all ranks where rank 0 is stopped, with what it knows", async () => {
  const ends = await Promise.allSettled(
    localRanks(2).map((ranks) =>
      commonResult(ranks, () => {
        return stopped("stopped before anything was found", { images: 3 });
      })
    ),
  );
  const failures = ends.map((end) =>
    end.status === "rejected" ? end.reason : null
  );
  deepStrictEqual(
    failures.map((end) => end instanceof CommandFailed && end.code),
    [EXIT.interrupted, EXIT.interrupted],
  );
  deepStrictEqual(failures[0].result, { images: 3, interrupted: true });
});

Deno.test("commonResult() leaves other failures of rank 0 to the end of its command", async () => {
  const [first] = localRanks(2);
  const bug = new TypeError("bug");
  await rejects(commonResult(first!, () => Promise.reject(bug)), bug);
});
