import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { makeRun, runOf } from "../../train/run/follow/made_runs.ts";
import { runProgram } from "../../programs.ts";
import { inFolder } from "../../train/temporary_folder.ts";

async function watch(...args: readonly string[]) {
  const { code, stdout, stderr } = await runProgram("watch.ts", ...args);
  return { code, out: stdout, error: stderr };
}

Deno.test("watch shows a finished run and ends by itself, with and without --once", () =>
  inFolder(async (folder) => {
    const run = runOf(4);
    await makeRun(folder, run, run.plan.totalSteps);
    const [once, followed] = [
      await watch(folder, "--once"),
      await watch(folder),
    ];
    deepStrictEqual([once.code, once.error], [0, ""]);
    match(once.out, /· finished: all steps taken\n█{48} step 24 of 24/);
    deepStrictEqual([followed.code, followed.error], [0, ""]);
    match(followed.out, /· finished/);
  }));

Deno.test("watch says what it lacks: a folder, a run in it, a known flag", () =>
  inFolder(async (parent) => {
    const missing = await watch(join(parent, "none"));
    deepStrictEqual([missing.code, missing.out], [2, ""]);
    match(missing.error, /none: no such folder\n$/);
    const unnamed = await watch("--once", "--prot", "1");
    strictEqual(unnamed.code, 2);
    match(unnamed.error, /RUN/);
    const flags = await watch(parent, "--prot", "70000", "--port", "70000");
    strictEqual(flags.code, 2);
    match(flags.error, /--prot: .*nearest is --port/);
    match(flags.error, /--port: .*the nearest is 65535/);
  }));
