import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import {
  compared,
  type ComparedMethod,
} from "../../../cli/compare/comparison.ts";
import { comparisonTable } from "../../../cli/compare/comparison_files.ts";
import type { TrialResult } from "../../../cli/compare/trial_folder.ts";

const METHODS = [
  { name: "localmim", title: "LocalMIM", control: null },
  { name: "freezeout", title: "FreezeOut", control: "short" },
  { name: "unscaled", title: "unscaled", control: "short" },
  { name: "sr-lr", title: "SR-LR", control: "short" },
  { name: "short", title: "LocalMIM, shorter", control: null },
];

/** A trial of 100 steps, half of them frozen, on a machine of some speed. */
function trial(
  method: string,
  seed: number,
  saved: number,
  [top1, top5]: readonly [number, number],
  secondsPerStep = 1,
): TrialResult {
  const scores = { top1, top5, wallSeconds: 1 };
  const times = [secondsPerStep, secondsPerStep * (1 - 2 * saved)];
  return {
    method,
    seed,
    pretrain: {
      config: "digest",
      device: "none",
      epochs: 1,
      steps: 100,
      frozenLayers: [0, 3],
      phaseSteps: [50, 50],
      wallSecondsPerStep: times.map((time) => 2 * time),
      processorSecondsPerStep: times,
      flops: 1000 * (1 - saved),
      savingPredicted: saved,
      loss: 0.0083,
      wallSeconds: 1,
    },
    judged: { probe: scores, finetune: scores },
  };
}

const byName = (rows: readonly ComparedMethod[], wanted: string) =>
  rows.find(({ name }) => name === wanted);

const rowsOf = (trials: readonly TrialResult[]) =>
  compared(trials, METHODS, "processor");

const tableOf = (trials: readonly TrialResult[]) =>
  comparisonTable(rowsOf(trials), "processor");

/** 0.48 GPU-hours an epoch without freezing, 0.42 with it. */
const SAVED = 1 - 0.42 / 0.48;

Deno.test("compared() gives the drops and the saving of the thesis' table 17 for its numbers", () => {
  const trials = [
    trial("sr-lr", 0, SAVED, [0.8310, 0.9633]),
    trial("localmim", 0, 0, [0.832, 0.966]),
    // A machine that is three times as slow in one run says nothing of the method.
    trial("freezeout", 0, SAVED, [0.8266, 0.9618], 3),
    trial("unscaled", 0, SAVED, [0.8294, 0.9636]),
  ];
  const rows = rowsOf(trials);
  deepStrictEqual(rows.map(({ name }) => name), [
    "localmim",
    "freezeout",
    "unscaled",
    "sr-lr",
  ]);
  const gain = (method: string) =>
    byName(rows, method)?.judged.finetune?.gain?.mean.toFixed(4);
  deepStrictEqual(
    [gain("localmim"), gain("freezeout"), gain("unscaled"), gain("sr-lr")],
    [undefined, "-0.0054", "-0.0026", "-0.0010"],
  );
  const freezeout = byName(rows, "freezeout");
  strictEqual(freezeout?.time?.mean.toFixed(4), "0.8750");
  strictEqual(freezeout?.cost?.toFixed(4), "0.8750");
  strictEqual(freezeout?.seconds?.mean.toFixed(3), "262.500");
  const wall = compared(
    [trial("localmim", 0, 0, [1, 1], 0.5)],
    ...[METHODS, "wall"] as const,
  );
  strictEqual(wall[0]?.seconds?.mean, 100);
});

Deno.test("compared() pairs each trial with those of its own seed, and has no gain without one", () => {
  const rows = rowsOf([
    trial("localmim", 0, 0, [0.5, 1]),
    trial("localmim", 1, 0, [0.9, 1]),
    trial("freezeout", 0, 0.1, [0.4, 1]),
    trial("freezeout", 1, 0.2, [0.8, 1]),
    trial("unscaled", 2, 0, [0.7, 1]),
    trial("short", 1, 0, [0.6, 1]),
  ]);
  const { gain, gainAtCost, top1 } = byName(rows, "freezeout")!.judged
    .finetune!;
  ok((gain?.deviation ?? NaN) < 1e-12);
  strictEqual(gain?.mean.toFixed(12), "-0.100000000000");
  strictEqual(gainAtCost?.mean.toFixed(12), "0.200000000000");
  strictEqual(gainAtCost?.count, 1);
  strictEqual(top1.deviation?.toFixed(6), Math.sqrt(0.08).toFixed(6));
  const alone = byName(rows, "unscaled")!;
  deepStrictEqual([
    alone.judged.finetune?.gain,
    alone.time,
    alone.cost,
    alone.points[0]?.time,
  ], [null, null, null, null]);
});

Deno.test("comparisonTable() says of each method what its intervals allow, and that one or two seeds say nothing", () => {
  const three = (method: string, saved: number, all: readonly number[]) =>
    all.map((top1, seed) => trial(method, seed, saved, [top1, 1]));
  const baselines = three("localmim", 0, [0.8, 0.8, 0.8]);
  const clear = tableOf([
    ...baselines,
    ...three("freezeout", 0.2, [0.7, 0.71, 0.69]),
    ...three("short", 0, [0.66, 0.65, 0.64]),
  ]);
  match(
    clear,
    /\*\*FreezeOut\*\* \(80\.0 % of the operations\)\. linear probe: worse than LocalMIM, −10\.00 \(−12\.48 to −7\.52\); at the same cost better than LocalMIM, shorter, \+5\.00/,
  );
  match(
    clear,
    /\| FreezeOut \| 3 \| 1 \| 80\.0 \| 80\.0 ± 0\.0 \| 70\.00 ± 1\.00 \|/,
  );
  const noisy = tableOf([
    ...baselines,
    ...three("freezeout", 0.2, [0.7, 0.9, 0.79]),
  ]);
  match(
    noisy,
    /not told apart from LocalMIM, −0\.33 \(−25\.\d+ to \+24\.\d+\); more than 25\.\d points can be ruled out/,
  );
  match(
    tableOf([...baselines.slice(0, 1), ...three("freezeout", 0.2, [0.7])]),
    /against LocalMIM; one seed says nothing of its worth/,
  );
  // Two seeds that agree to the last digit would give an interval of no width.
  match(
    tableOf([
      ...baselines.slice(0, 2),
      ...three("freezeout", 0.2, [0.75, 0.75]),
    ]),
    /−5\.00 \(−5\.00 to −5\.00\) against LocalMIM; two seeds say too little/,
  );
});

Deno.test("compared() gives no gain where one of two judgements diverged or finds no more than the most frequent class, and the table says which", () => {
  const share = 0.5887;
  const judgedAs = (
    method: string,
    seed: number,
    changes: Partial<TrialResult["judged"]["probe"]>,
  ): TrialResult => {
    const one = trial(method, seed, 0.1, [0.7, 1]);
    const probe = { ...one.judged.probe!, mostFrequent: share, ...changes };
    return { ...one, judged: { probe } };
  };
  const rows = rowsOf([
    judgedAs("localmim", 0, {}),
    judgedAs("localmim", 1, { top1: share }),
    judgedAs("freezeout", 0, { top1: 0.6 }),
    judgedAs("freezeout", 1, { top1: 0.7 }),
    judgedAs("unscaled", 0, { diverged: true }),
  ]);
  const { gain } = byName(rows, "freezeout")!.judged.probe!;
  strictEqual(gain?.mean.toFixed(6), "-0.100000");
  strictEqual(gain?.deviation, null, "of the first seed alone");
  strictEqual(byName(rows, "unscaled")!.judged.probe?.gain, null);
  deepStrictEqual(rows.map(({ judged }) => judged.probe?.void), [1, 0, 1]);
  const table = comparisonTable(rows, "processor");
  match(table, /most frequent class is 58\.87 % of the images to judge by/);
  match(
    table,
    /say nothing, .*: LocalMIM \(linear probe\); unscaled \(linear probe\)\./,
  );
});

Deno.test("compared() puts the untrained encoder behind the methods, without what only pre-training has", () => {
  const untrained: TrialResult = {
    ...trial("localmim", 0, 0, [0.3, 0.9]),
    ...{ method: "untrained", pretrain: null },
  };
  const rows = rowsOf([untrained, trial("localmim", 0, 0, [0.8, 1])]);
  deepStrictEqual(rows.map(({ name }) => name), ["localmim", "untrained"]);
  const { epochs, seconds, cost, time, loss, judged } = rows[1]!;
  deepStrictEqual([epochs, seconds, cost, time, loss], [
    ...[0, null, null, null, null],
  ]);
  strictEqual(judged.probe?.gain?.mean, -0.5);
  match(
    comparisonTable(rows, "processor"),
    /^\| untrained encoder \| 1 \| 0 \| – \| – \| 30\.00 \|/m,
  );
});
