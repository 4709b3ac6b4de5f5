import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import type { PairRow } from "../../bench/peers/pair_row.ts";
import { PEER_FLAGS } from "../../bench/peers/peer_flags.ts";
import { runScript } from "../programs.ts";

async function peers(...args: readonly string[]) {
  const { code, stdout, stderr } = await runScript("bench/peers.ts", ...args);
  return { code, out: stdout, error: stderr };
}

const BRIEF = [
  ...["--model", "small", "--batch-size", "2", "--rounds", "2", "--steps", "1"],
  ...["--backend", "wasm", "--frozen", "9"],
];

Deno.test("bench/peers.ts measures jax-js and TensorFlow.js on the encoder step of ours", async () => {
  const { code, out, error } = await peers(
    ...[...BRIEF, "--peer", "jax-js,tfjs", "--json"],
  );
  strictEqual(error, "");
  strictEqual(code, 0);
  const rows: PairRow[] = out.trim().split("\n").map((line) =>
    JSON.parse(line)
  );
  deepStrictEqual(rows.map(({ peer, step, frozen }) => [peer, step, frozen]), [
    ["jax-js", "encoder", 9],
    ["tfjs", "encoder", 9],
  ]);
  for (const { ours, theirs, ratio } of rows) {
    strictEqual(ours.trainable, theirs.trainable);
    ok(ratio > 0);
    strictEqual(ours.losses.length, 3);
    ours.losses.forEach((loss, k) => {
      const other = theirs.losses[k] ?? NaN;
      ok(Math.abs(other - loss) <= 1e-5 * loss, `${loss} ${other}`);
    });
    ok((ours.losses[2] ?? NaN) < (ours.losses[0] ?? NaN), "it learns");
  }
});

Deno.test("bench/peers.ts leaves out a peer that is not there and says so once", async () => {
  const { code, out, error } = await peers(
    ...[...BRIEF, "--peer", "torch-fixed", "--threads", "1,2"],
    ...["--python", "no-such-python"],
  );
  strictEqual(code, 0);
  strictEqual(out, "");
  match(
    error,
    /^Left out torch-fixed, 1 threads, 9 frozen: no-such-python cannot be started: .*\n$/,
  );
});

Deno.test("bench/peers.ts ends with 1 if a side answers something else", async () => {
  const { code, error } = await peers(
    ...[...BRIEF, "--peer", "torch-fixed", "--python", "echo"],
  );
  strictEqual(code, 1);
  match(
    error,
    /^No row for torch-fixed.*: theirs failed: found .*wanted a line of JSON$/m,
  );
});

Deno.test("bench/peers.ts --help has a line for each flag", async () => {
  const { code, out } = await peers("--help");
  strictEqual(code, 0);
  for (const flag of Object.keys(PEER_FLAGS)) {
    match(out, new RegExp(`^ {2}--${flag}\\b.* {2}\\w`, "m"));
  }
});
