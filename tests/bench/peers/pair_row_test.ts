import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import {
  difference,
  drift,
  pairRow,
  type PairSpec,
} from "../../../bench/peers/pair_row.ts";
import { peerTable } from "../../../bench/peers/peer_table.ts";
import type { SideReady, SideRound } from "../../../bench/peers/side.ts";

const SPEC: PairSpec = {
  ...{ peer: "torch-fixed", step: "pre-training", model: "vit-s" },
  ...{ batchSize: 8, frozen: 7, threads: 2, rounds: 2, steps: 1 },
};

const PROCESSOR = "Some Processor, 2 cores, AVX2";

const READY: SideReady = {
  versions: "us 1",
  settings: "none",
  threads: 2,
  trainable: 10,
  loss: 2,
};

const round = (gradientMs: number, updateMs: number): SideRound => ({
  ...{ forwardMs: null, backwardMs: null, gradientMs, updateMs },
  totalMs: gradientMs + updateMs,
  losses: [1],
});

const ours = { ready: READY, rounds: [round(8, 2), round(9, 1)] } as const;
const theirs = {
  ready: { ...READY, versions: "them 2", threads: 1 },
  rounds: [round(30, 5), round(16, 9)],
} as const;

Deno.test("pairRow() divides minima over all rounds, each part by itself", () => {
  const row = pairRow(SPEC, PROCESSOR, null, ours, theirs);
  strictEqual(row.ours.totalMs, 10);
  strictEqual(row.ours.updateMs, 1);
  strictEqual(row.theirs.totalMs, 25);
  strictEqual(row.ratio, 2.5);
  strictEqual(row.gradientRatio, 2);
});

Deno.test("pairRow() keeps what was asked for and the loss of every step, the first in front", () => {
  const row = pairRow(SPEC, PROCESSOR, null, ours, theirs);
  const { peer, model, frozen, threads } = row;
  deepStrictEqual({ peer, model, frozen, threads }, {
    ...{ peer: "torch-fixed", model: "vit-s", frozen: 7, threads: 2 },
  });
  deepStrictEqual(row.theirs.losses, [2, 1, 1]);
});

Deno.test("difference() is null up to the tolerance of the first loss", () => {
  const peer = { lossTolerance: 1e-2 };
  strictEqual(difference(peer, 10, READY, { ...READY, loss: 2.01 }), null);
  match(
    difference(peer, 10, READY, { ...READY, loss: 2.03 }) ?? "",
    /first loss is 2\.03, ours 2: .*at most 0\.01/,
  );
  match(difference(peer, 10, READY, { ...READY, loss: NaN }) ?? "", /NaN/);
});

Deno.test("difference() names other numbers of trained parameters", () => {
  match(
    difference({ lossTolerance: 1 }, 11, READY, READY) ?? "",
    /trains 10 numbers, wanted 11/,
  );
});

Deno.test("drift() finds the step in which encoders part, and leaves pre-training alone", () => {
  const row = pairRow(SPEC, PROCESSOR, null, ours, {
    ...theirs,
    rounds: [round(30, 5), { ...round(16, 9), losses: [1.01] }],
  });
  strictEqual(drift(row), null);
  match(
    drift({ ...row, step: "encoder" }) ?? "",
    /in step 2 is 1\.01, ours 1$/,
  );
});

Deno.test("drift() finds losses that are missing", () => {
  const row = pairRow({ ...SPEC, step: "encoder" }, PROCESSOR, null, ours, {
    ...theirs,
    rounds: [round(30, 5)],
  });
  match(drift(row) ?? "", /in step 2 is undefined/);
});

Deno.test("peerTable() has a line for each row, then notes and sides once", () => {
  const row = pairRow(SPEC, PROCESSOR, null, ours, theirs);
  const noted = pairRow(SPEC, PROCESSOR, "asked for vit-b", ours, theirs);
  const lines = peerTable([row, noted, noted]).split("\n");
  match(lines[0] ?? "", /^peer +step +model +threads +frozen +ours, ms/);
  match(
    lines[1] ?? "",
    /^torch-fixed +pre-training +vit-s +2, theirs 1 +7 +10\.0 +8\.0 +1\.0 +25\.0 +16\.0 +5\.0 +2\.50 +2\.00$/,
  );
  match(lines[2] ?? "", /vit-s\*/);
  deepStrictEqual(lines.slice(4), [
    "",
    "* asked for vit-b",
    "processor: Some Processor, 2 cores, AVX2",
    "ours: us 1; none",
    "torch-fixed: them 2; none",
  ]);
});
