import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import type { Result } from "../../../../core/mod.ts";
import {
  type FollowedRun,
  followRun,
  lockFolder,
  type NoRun,
} from "../../../../train/mod.ts";
import { LOCK_FILE } from "../../../../train/run/folder_lock.ts";
import { inFolder } from "../../temporary_folder.ts";
import { trained } from "../../tiny_run.ts";
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

for (
  const [what, change, wanted] of [
    [
      "a field is misspelled by one bit",
      (text: string) => text.replace("stageLosses", "stagfLosses"),
      /metrics\.jsonl: line 1 is not the record of a step/,
    ],
    [
      "a line is there twice",
      (text: string) => text.replace(/^.*\n/, "$&$&"),
      /metrics\.jsonl: step 0 follows, wanted 1/,
    ],
    [
      "a page is zeros",
      (text: string) => text.replace(/^.{99}/, "\0".repeat(99)),
      /metrics\.jsonl: line 1 is not the record of a step/,
    ],
  ] as const
) {
  Deno.test(`followRun() shows a run and complains where ${what}`, () =>
    inFolder(async (folder) => {
      await makeRun(folder, RUN, 9);
      const record = join(folder, "metrics.jsonl");
      const text = await Deno.readTextFile(record);
      await Deno.writeTextFile(record, change(text));
      const run = followed(await followRun(folder)());
      match(run.complaint ?? "", wanted);
      strictEqual(run.status.done, 9);
    }));
}

const hasPipes = Deno.build.os !== "windows";

Deno.test({
  name: `followRun() does not wait for a pipe in the place of any file${
    hasPipes ? "" : " [skipped: no pipes here]"
  }`,
  ignore: !hasPipes,
  fn: () =>
    inFolder(async (folder) => {
      await makeRun(folder, RUN, 3);
      await Deno.writeTextFile(join(folder, LOCK_FILE), "");
      for (
        const name of ["metrics.jsonl", "plan.json", "config.json", LOCK_FILE]
      ) {
        const path = join(folder, name);
        await Deno.rename(path, `${path}.aside`);
        await new Deno.Command("mkfifo", { args: [path] }).output();
        const run = await followRun(folder)();
        const said = run._tag === "Left"
          ? run.left.reason
          : run.right.complaint ?? "";
        if (name !== LOCK_FILE) match(said, /it is not a regular file/);
        await Deno.remove(path);
        await Deno.rename(`${path}.aside`, path);
      }
    }),
});

Deno.test("followRun() says no word of a file that a link in the place of the plan leads to", () =>
  inFolder(async (folder) => {
    const run = join(folder, "run");
    await makeRun(run, RUN, 3);
    const secret = join(folder, "secret");
    await Deno.writeTextFile(secret, "password");
    await Deno.remove(join(run, "plan.json"));
    await Deno.symlink(secret, join(run, "plan.json"));
    const reason = (await reasonOf(run))?.reason ?? "";
    match(reason, /plan\.json: not JSON$/);
  }));
