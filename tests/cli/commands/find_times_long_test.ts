import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Findings } from "../../../cli/find/findings.ts";
import type { MetricsLine } from "../../../train/mod.ts";
import { timelessRecord } from "../pretrain/program.ts";
import { interruptedAt } from "../../programs.ts";
import { inFolder } from "../../train/temporary_folder.ts";
import { lastLine } from "../evaluate/program.ts";
import { begun, find, startFind, WALK } from "../find/begun_run.ts";

Deno.test("find-times refuses a run in which layers freeze, and a folder without one", () =>
  inFolder(async (parent) => {
    const frozen = await find(await begun(parent, ["--t0", "0.8"]));
    strictEqual(frozen.code, 2);
    match(
      frozen.stderr,
      /^RUN: found "?a run in which 5 of 7 layers freeze, from step 5 on.*--t0 1$/m,
    );
    const none = await find(parent);
    strictEqual(none.code, 2);
    match(none.stderr, /^RUN: .*wanted the folder of a pre-training run/m);
  }));

Deno.test("find-times prints flags for pretrain, and all that it has found as the last line", () =>
  inFolder(async (parent) => {
    const run = await begun(parent);
    const end = await find(run, ...WALK, "--loss-share", "9", "--edge-only");
    strictEqual(end.code, 0, end.stderr);
    const { proposal, trials } = lastLine(end) as unknown as Findings;
    deepStrictEqual(trials.map(({ layers, step }) => [layers, step]), [
      [2, 2],
      [5, 2],
    ]);
    const times = [0.25, 0.25, 0.25, 0.25, 0.25, 1, 1];
    deepStrictEqual(proposal?.freezeTimes, times);
    const together = proposal?.together;
    strictEqual(together?.loss, trials[1]?.loss, "the same trial is made once");
    match(end.stdout, /--freeze-times 0.25,.*,1 --lr-mode uniform$/m);
  }));

Deno.test("find-times says what it would cost, goes on where it was, and writes what it finds", () =>
  inFolder(async (parent) => {
    const run = await begun(parent);
    const dry = await find(run, ...WALK, "--dry-run");
    strictEqual(dry.code, 0, dry.stderr);
    strictEqual(lastLine(dry)["trials"], 4);
    const lax = ["--loss-share", "9", "--edge-only"];
    const first = lastLine(await find(run, ...WALK, ...lax));
    const again = await find(run, ...WALK, "--loss-share", "0");
    strictEqual(again.code, 0, again.stderr);
    match(again.stdout, /2 are done; 2 to do/);
    const all = lastLine(again)["trials"] as Findings["trials"];
    strictEqual(all.length, 4);
    deepStrictEqual(all[0], (first["trials"] as Findings["trials"])[0]);
    for (const name of ["map.svg", "plan.svg", "freeze_times.json"]) {
      const file = join(run, "freeze_times", name);
      ok((await Deno.stat(file)).size > 0, name);
    }
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

Deno.test("find-times proposes flags by which pretrain takes the very steps of the trial of all layers together", () =>
  inFolder(async (parent) => {
    const run = await begun(parent);
    const end = await find(run, "--layers", "2,5", "--loss-share", "9");
    strictEqual(end.code, 0, end.stderr);
    const { proposal } = lastLine(end) as unknown as Findings;
    const again = join(parent, "again");
    await mkdir(again);
    const proposed = await begun(again, proposal?.flags.split(" "));
    const losses = (await timelessRecord(proposed)).slice(-1)
      .map((line) => (line as MetricsLine).deepestLoss);
    deepStrictEqual(losses, [proposal?.together?.loss]);
  }));
