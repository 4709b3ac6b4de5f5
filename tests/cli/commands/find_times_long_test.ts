import { match, ok, strictEqual } from "node:assert/strict";
import { interruptedAt } from "../../programs.ts";
import { inFolder } from "../../train/temporary_folder.ts";
import { lastLine } from "../evaluate/program.ts";
import { begun, find, startFind } from "../find/begun_run.ts";

Deno.test("find-times refuses a run in which layers freeze, and a folder without one", () =>
  inFolder(async (parent) => {
    const frozen = await find(await begun(parent, 0.8));
    strictEqual(frozen.code, 2);
    match(
      frozen.stderr,
      /^RUN: found "?a run in which 5 of 7 layers freeze, from step 5 on.*--t0 1$/m,
    );
    const none = await find(parent);
    strictEqual(none.code, 2);
    match(none.stderr, /^RUN: .*wanted the folder of a pre-training run/m);
  }));

Deno.test("find-times stopped by Ctrl-C keeps what is done, and the same command goes on", () =>
  inFolder(async (parent) => {
    const run = await begun(parent);
    const child = startFind(run);
    const stopped = await interruptedAt(
      child,
      "stdout",
      "2 layers from step 2:",
    );
    strictEqual(stopped.code, 130, stopped.stderr);
    match(stopped.stderr, /the same command goes on/);
    const { trials, interrupted } = lastLine(stopped);
    strictEqual(interrupted, true);
    const { length } = trials as readonly unknown[];
    ok(length >= 2 && length < 18);
    const rest = await find(run);
    strictEqual(rest.code, 0, rest.stderr);
    match(rest.stdout, new RegExp(`${length} are done; ${18 - length} to do`));
    strictEqual((lastLine(rest)["trials"] as readonly unknown[]).length, 18);
  }));
