import { match, ok, strictEqual } from "node:assert/strict";
import type { PairRow } from "../../../bench/peers/pair_row.ts";
import { runScript } from "../../programs.ts";

async function run(...args: readonly string[]) {
  const { code, stdout, stderr } = await runScript("bench/saving.ts", ...args);
  return { code, out: stdout, error: stderr };
}

const side = (totalMs: number) => ({
  versions: "v",
  settings: "s",
  threads: 1,
  trainable: 1,
  losses: [1],
  forwardMs: null,
  backwardMs: null,
  gradientMs: totalMs,
  updateMs: 0,
  totalMs,
});

/** Steps that get shorter with every frozen layer: ours to 40 %, theirs to 70 %. */
const rows = (frozen: readonly number[]): readonly PairRow[] =>
  frozen.map((count) => ({
    peer: "torch-reference",
    step: "pre-training",
    model: "vit-s",
    batchSize: 8,
    frozen: count,
    threads: 1,
    rounds: 1,
    steps: 1,
    processor: "Some Processor",
    note: null,
    ours: side(1000 - 50 * count),
    theirs: side(2000 - 50 * count),
    ratio: 2,
    gradientRatio: 2,
  }));

/** The program on a file of rows. */
async function onRows(
  pairs: readonly PairRow[],
  ...args: readonly string[]
) {
  const file = await Deno.makeTempFile();
  try {
    const lines = pairs.map((row) => JSON.stringify(row)).join("\n");
    await Deno.writeTextFile(file, lines);
    return await run(file, ...args);
  } finally {
    await Deno.remove(file);
  }
}

const ALL = Array.from({ length: 13 }, (_, frozen) => frozen);

Deno.test("bench/saving.ts prints a line for each phase and the savings of both warm-ups, and draws them", async () => {
  const svg = await Deno.makeTempFile({ suffix: ".svg" });
  // Of repeated rows the fastest steps count.
  const slower = rows(ALL).map((row) => ({
    ...row,
    ours: side(2 * row.ours.totalMs),
    theirs: side(row.theirs.totalMs + 1),
  }));
  const pairs = [...rows(ALL), ...slower];
  const { code, out, error } = await onRows(pairs, "--svg", svg);
  strictEqual(error, "");
  strictEqual(code, 0);
  match(out, /^ +0 +4 +1000 +100\.0 % +100\.0 % +2000 +100\.0 % +2\.00$/m);
  match(out, /^ +12 +1 +400 +40\.0 % +\d+\.\d % +1400 +70\.0 % +3\.50$/m);
  const [perLayer, shared] = ["perLayer", "shared"].map((warmup) =>
    Number(
      new RegExp(`warm-up ${warmup}: ours ([\\d.]+) %`).exec(out)?.[1],
    )
  );
  // Freezing earlier saves more.
  ok(perLayer! > shared! && shared! > 0, `${perLayer} ${shared}`);
  match(await Deno.readTextFile(svg), /^<svg .*ours, predicted/s);
  await Deno.remove(svg);
});

Deno.test("bench/saving.ts refuses phases that are missing and rows that do not belong together", async () => {
  const missing = await onRows(rows([0, 7]));
  strictEqual(missing.code, 2);
  match(missing.error, /found rows for 0, 7 frozen layers, wanted 0, 1, 2/);
  const [first, ...others] = rows(ALL);
  const mixed = await onRows([{ ...first!, threads: 2 }, ...others]);
  match(mixed.error, /wanted those of one/);
});

Deno.test("bench/saving.ts says how it is used, and what it cannot read", async () => {
  strictEqual((await run()).code, 2);
  match((await run("--help")).out, /ROWS\.jsonl/);
  match((await run("nowhere.jsonl")).error, /^nowhere\.jsonl: /);
  match((await run("--what")).error, /--what/);
});
