import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { MODEL_PRESETS } from "../../core/mod.ts";
import { type ProgramEnd, runScript } from "../programs.ts";

const runMain = (...words: readonly string[]): Promise<ProgramEnd> =>
  runScript("cli/main.ts", ...words);

const NAMES =
  "pretrain plan find-times watch evaluate knn probe finetune compare classic predict similar export";

Deno.test("--help lists the commands, and so does a call without one, as a fault", async () => {
  const asked = await runMain("--help");
  strictEqual(asked.code, 0);
  for (const name of NAMES.split(" ")) {
    match(asked.stdout, new RegExp(`^  ${name} +\\S`, "m"));
  }
  const bare = await runMain();
  strictEqual(bare.code, 2);
  strictEqual(bare.stderr, asked.stdout);
});

Deno.test("an unknown command is refused with the nearest", async () => {
  const { code, stdout, stderr } = await runMain("pretrian", "--data", "x");
  strictEqual(code, 2);
  strictEqual(stdout, "");
  match(stderr, /command: found "pretrian", wanted one of .*pretrain/);
  match(stderr, /nearest is "?pretrain/);
});

Deno.test("a command gets the words behind its name", async () => {
  const { code, stdout } = await runMain("plan", "--model", "nano", "--json");
  strictEqual(code, 0);
  deepStrictEqual(JSON.parse(stdout).config.model, MODEL_PRESETS.nano);
});
