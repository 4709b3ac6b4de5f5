import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import type { Result } from "../../../core/mod.ts";
import {
  type FollowedRun,
  followRun,
  lockFolder,
  type NoRun,
} from "../../../train/mod.ts";
import { inFolder } from "../temporary_folder.ts";
import { trained } from "../tiny_run.ts";
import { makeRun, reportOf, runOf, silentFor } from "./made_runs.ts";

const RUN = runOf(4);

/** The run, where one is followed; fails the test elsewhere. */
function followed(result: Result<NoRun, FollowedRun>): FollowedRun {
  if (result._tag === "Left") throw new Error(result.left.reason);
  return result.right;
}

const reasonOf = async (folder: string) => {
  const run = await followRun(folder)();
  return run._tag === "Left" ? run.left : null;
};

Deno.test("followRun() says of a missing, an empty and a broken folder what it lacks", () =>
  inFolder(async (parent) => {
    const missing = await reasonOf(join(parent, "none"));
    strictEqual(missing?.isThere, false);
    match(missing?.reason ?? "", /none: no such folder$/);
    const empty = await reasonOf(parent);
    strictEqual(empty?.isThere, true);
    match(empty?.reason ?? "", /no run in it yet \(no plan\.json\)$/);
    await Deno.writeTextFile(join(parent, "plan.json"), "{");
    match((await reasonOf(parent))?.reason ?? "", /config\.json: /);
    await makeRun(join(parent, "run"), RUN, 1);
    await Deno.writeTextFile(join(parent, "run", "plan.json"), '{"version":2}');
    match(
      (await reasonOf(join(parent, "run")))?.reason ?? "",
      /plan\.json: .*version/,
    );
    const file = join(parent, "plan.json");
    match((await reasonOf(file))?.reason ?? "", /a file, not/);
    const below = await reasonOf(join(file, "run"));
    strictEqual(below?.isThere, false);
    match(below?.reason ?? "", /plan\.json\/run: .*not a directory/i);
  }));

Deno.test("followRun() follows a run from its first step over a cut-off line to its end", () =>
  inFolder(async (folder) => {
    await makeRun(folder, RUN, 0);
    const follow = followRun(folder);
    const begun = followed(await follow());
    deepStrictEqual([begun.status.done, begun.life], [0, "running"]);
    strictEqual(begun.checkpoint?.step, 0);
    const record = join(folder, "metrics.jsonl");
    const lineOf = (step: number) => `${JSON.stringify(reportOf(RUN, step))}\n`;
    await Deno.writeTextFile(record, lineOf(0) + lineOf(1).slice(0, 40));
    strictEqual(followed(await follow()).status.done, 1);
    await Deno.writeTextFile(record, lineOf(1).slice(40), { append: true });
    const later = followed(await follow());
    deepStrictEqual([later.status.done, later.complaint], [2, null]);
    for (let step = 2; step < RUN.plan.totalSteps; step++) {
      await Deno.writeTextFile(record, lineOf(step), { append: true });
    }
    const ended = followed(await follow());
    strictEqual(ended.life, "finished");
    strictEqual(ended.lines.length, RUN.plan.totalSteps);
    strictEqual(ended.status.saving, null, "too few steps of a phase");
  }));

Deno.test("followRun() tells a killed run by its silence, or by its lock at once", () =>
  inFolder(async (folder) => {
    await makeRun(folder, RUN, 5);
    strictEqual(followed(await followRun(folder)()).life, "running");
    await silentFor(folder, 300);
    const killed = followed(await followRun(folder)());
    strictEqual(killed.life, "stopped");
    ok(killed.silence > 299);
    {
      using _mine = trained(await lockFolder(folder));
      strictEqual(followed(await followRun(folder)()).life, "running");
    }
    strictEqual(followed(await followRun(folder)()).life, "stopped");
  }));

Deno.test("followRun() passes over checkpoints that its record does not reach", () =>
  inFolder(async (folder) => {
    await makeRun(folder, RUN, 5);
    const name = "checkpoints/step-000000009";
    await Deno.mkdir(join(folder, name));
    strictEqual(followed(await followRun(folder)()).checkpoint?.step, 5);
  }));

Deno.test("followRun() complains of a line that is no step", () =>
  inFolder(async (folder) => {
    await makeRun(folder, RUN, 3);
    const record = join(folder, "metrics.jsonl");
    await Deno.writeTextFile(record, "what?\n", { append: true });
    const run = followed(await followRun(folder)());
    match(run.complaint ?? "", /metrics\.jsonl: line 4 is not/);
    strictEqual(run.status.done, 3);
  }));
