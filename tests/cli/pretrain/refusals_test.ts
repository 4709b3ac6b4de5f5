import { match, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { inFolder } from "../../train/temporary_folder.ts";
import { pretrain, pretrainAfter } from "./program.ts";
import { REFUSALS, refuses } from "./refusals.ts";

Deno.test(
  "pretrain refuses bad input with exit code 2, what it found and what is wanted",
  // All of them: `refusals_long_test.ts`.
  (t) => refuses(t, REFUSALS.filter((_, i) => i % 3 === 1)),
);

Deno.test("pretrain names all faults at once: of flags, and of a file by file and field", () =>
  inFolder(async (folder) => {
    const flags = await pretrain("--epochs", "0", "--t0", "2", "--seed", "x");
    strictEqual(flags.code, 2);
    match(flags.stderr, /--epochs.*\n--t0.*\n--seed/);
    const path = join(folder, "bad.json");
    const config = { training: { epochs: 0 }, freeze: { t0: 2 }, modle: 1 };
    await Deno.writeTextFile(path, JSON.stringify(config));
    const file = await pretrain("--config", path);
    strictEqual(file.code, 2);
    match(file.stderr, /bad\.json: freeze\.t0: found 2, wanted a number in/);
    match(file.stderr, /bad\.json: training\.epochs: found 0, wanted a whole/);
    match(file.stderr, /bad\.json: modle: .*the nearest is "model"/);
  }));

Deno.test("pretrain ends a bug in one line with exit code 1; DEBUG shows the stack", () =>
  inFolder(async (folder) => {
    const bug = `performance.now = () => { throw new Error("a bug"); };`;
    const args = ["--limit", "64", "--backend", "cpu", "--output-dir"];
    const quiet = await pretrainAfter(folder, bug, ...args, join(folder, "1"));
    strictEqual(quiet.code, 1);
    match(quiet.stderr, /^Cannot go on: a bug\n$/);
    const debug = `Deno.env.set("DEBUG", "1"); ${bug}`;
    const loud = await pretrainAfter(folder, debug, ...args, join(folder, "2"));
    strictEqual(loud.code, 1);
    match(loud.stderr, /^Cannot go on: a bug\nError: a bug\n {4}at /);
  }));
