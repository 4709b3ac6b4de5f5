import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import {
  compared,
  type ComparedMethod,
  spreadOf,
} from "../../../cli/compare/comparison.ts";
import { comparisonTable } from "../../../cli/compare/comparison_files.ts";
import { type Method, THESIS_POWERS } from "../../../cli/compare/methods.ts";
import type { TrialResult } from "../../../cli/compare/experiment_folder.ts";

/** A trial of 100 steps, half of them frozen, on a machine of some speed. */
function trial(
  method: Method,
  seed: number,
  saved: number,
  [top1, top5]: readonly [number, number],
  secondsPerStep = 1,
): TrialResult {
  const evaluated = { top1, top5, wallSeconds: 1 };
  const times = [secondsPerStep, secondsPerStep * (1 - 2 * saved)];
  return {
    method,
    seed,
    pretrain: {
      device: "none",
      epochs: 1,
      steps: 100,
      frozenLayers: [0, 3],
      phaseSteps: [50, 50],
      wallSecondsPerStep: times.map((time) => 2 * time),
      processorSecondsPerStep: times,
      savingPredicted: 0,
      loss: 0.0083,
      wallSeconds: 1,
    },
    finetune: evaluated,
    probe: evaluated,
  };
}

const byName = (rows: readonly ComparedMethod[], wanted: Method) =>
  rows.find(({ method }) => method === wanted);

Deno.test("spreadOf() moves with its values, stretches with them, and has no deviation of one", () => {
  const number = fc.double({ min: -1e3, max: 1e3, noNaN: true });
  fc.assert(fc.property(
    fc.array(number, { minLength: 2, maxLength: 6 }),
    number,
    number,
    (values, shift, factor) => {
      const { mean, deviation } = spreadOf(values);
      const moved = spreadOf(values.map((value) => factor * value + shift));
      ok(Math.abs(moved.mean - (factor * mean + shift)) < 1e-6);
      const wanted = Math.abs(factor) * (deviation ?? NaN);
      ok(Math.abs((moved.deviation ?? NaN) - wanted) < 1e-6);
    },
  ));
  deepStrictEqual(spreadOf([3]), { mean: 3, deviation: null });
  deepStrictEqual(spreadOf([2, 4, 4, 4, 5, 5, 7, 9]).mean, 5);
  strictEqual(spreadOf([1, 2, 3]).deviation, 1);
});

/** 0.48 GPU-hours an epoch without freezing, 0.42 with it. */
const SAVED = 1 - 0.42 / 0.48;

Deno.test("compared() gives the drops and the saving of the thesis' table 17 for its numbers", () => {
  const rows = compared(
    [
      trial("sr-lr", 0, SAVED, [0.8310, 0.9633]),
      trial("localmim", 0, 0, [0.832, 0.966]),
      // A machine that is three times as slow in one run says nothing of the method.
      trial("freezeout", 0, SAVED, [0.8266, 0.9618], 3),
      trial("unscaled", 0, SAVED, [0.8294, 0.9636]),
    ],
    THESIS_POWERS,
    "processor",
  );
  deepStrictEqual(rows.map(({ method }) => method), [
    "localmim",
    "freezeout",
    "unscaled",
    "sr-lr",
  ]);
  const drop = (method: Method) =>
    byName(rows, method)?.finetune.drop?.mean.toFixed(4);
  deepStrictEqual(
    [drop("localmim"), drop("freezeout"), drop("unscaled"), drop("sr-lr")],
    ["0.0000", "0.0054", "0.0026", "0.0010"],
  );
  strictEqual(byName(rows, "freezeout")?.saved?.mean.toFixed(4), "0.1250");
  strictEqual(byName(rows, "freezeout")?.seconds?.mean.toFixed(3), "262.500");
  const wall = compared(
    [trial("localmim", 0, 0, [1, 1], 0.5)],
    THESIS_POWERS,
    "wall",
  );
  strictEqual(wall[0]?.seconds?.mean, 100);
});

Deno.test("compared() pairs each trial with the baseline of its own seed, and has no drop without one", () => {
  const rows = compared(
    [
      trial("localmim", 0, 0, [0.5, 1]),
      trial("localmim", 1, 0, [0.9, 1]),
      trial("freezeout", 0, 0.1, [0.4, 1]),
      trial("freezeout", 1, 0.2, [0.8, 1]),
      trial("unscaled", 2, 0, [0.7, 1]),
    ],
    THESIS_POWERS,
    "processor",
  );
  const { drop, top1 } = byName(rows, "freezeout")!.finetune;
  ok((drop?.deviation ?? NaN) < 1e-12);
  strictEqual(drop?.mean.toFixed(12), "0.100000000000");
  strictEqual(top1.deviation?.toFixed(6), Math.sqrt(0.08).toFixed(6));
  const alone = byName(rows, "unscaled")!;
  deepStrictEqual([alone.finetune.drop, alone.saved, alone.points[0]?.saved], [
    null,
    null,
    null,
  ]);
});

Deno.test("comparisonTable() says which drops stand out of their seeds, and that one seed says nothing", () => {
  const table = (trials: readonly TrialResult[]) =>
    comparisonTable(compared(trials, THESIS_POWERS, "processor"), "processor");
  const baselines = [0, 1, 2].map((seed) =>
    trial("localmim", seed, 0, [0.8, 1])
  );
  const clear = table([
    ...baselines,
    ...[0.7, 0.71, 0.69].map((top1, seed) =>
      trial("freezeout", seed, 0.2, [top1, 1])
    ),
  ]);
  match(
    clear,
    /each by itself\): FreezeOut \(fine-tuned\); FreezeOut \(linear\)\./,
  );
  match(
    clear,
    /\| FreezeOut \| 3 \| 1 \| 80\.0 ± 0\.0 \| 20\.0 ± 0\.0 \| 70\.00 ± 1\.00 \|/,
  );
  const noisy = table([
    ...baselines,
    ...[0.7, 0.9, 0.79].map((top1, seed) =>
      trial("freezeout", seed, 0.2, [top1, 1])
    ),
  ]);
  match(noisy, /each by itself\): none\./);
  match(
    table(baselines.slice(0, 1)),
    /One seed each: what a difference is worth cannot be said\./,
  );
});

Deno.test("compared() gives no drop where one of two judgements diverged or finds no more than the most frequent class, and the table says which", () => {
  const share = 0.5887;
  const evaluatedAs = (
    method: Method,
    seed: number,
    probe: Partial<TrialResult["probe"]>,
  ): TrialResult => {
    const one = trial(method, seed, 0.1, [0.7, 1]);
    return { ...one, probe: { ...one.probe, mostFrequent: share, ...probe } };
  };
  const rows = compared(
    [
      evaluatedAs("localmim", 0, {}),
      evaluatedAs("localmim", 1, { top1: share }),
      evaluatedAs("freezeout", 0, { top1: 0.6 }),
      evaluatedAs("freezeout", 1, { top1: 0.7 }),
      evaluatedAs("unscaled", 0, { diverged: true }),
    ],
    THESIS_POWERS,
    "processor",
  );
  const freezeout = byName(rows, "freezeout")!.probe;
  strictEqual(freezeout.drop?.mean.toFixed(6), "0.100000");
  strictEqual(freezeout.drop?.deviation, null, "of the first seed alone");
  strictEqual(byName(rows, "unscaled")!.probe.drop, null);
  deepStrictEqual(rows.map(({ probe }) => probe.void), [1, 0, 1]);
  const table = comparisonTable(rows, "processor");
  match(table, /most frequent class is 58\.87 % of the images to judge by/);
  match(
    table,
    /say nothing, .*: LocalMIM \(linear\); FreezeOut, rates not scaled \(linear\)\./,
  );
});

Deno.test("compared() puts the untrained encoder behind the methods, without what only pre-training has", () => {
  const one = trial("localmim", 0, 0, [0.8, 1]);
  const untrained: TrialResult = {
    ...trial("localmim", 0, 0, [0.3, 0.9]),
    method: "untrained",
    pretrain: null,
  };
  const rows = compared([untrained, one], THESIS_POWERS, "processor");
  deepStrictEqual(rows.map(({ method }) => method), ["localmim", "untrained"]);
  const { epochs, seconds, saved, loss, probe } = rows[1]!;
  deepStrictEqual([epochs, seconds, saved, loss], [0, null, null, null]);
  strictEqual(probe.drop?.mean, 0.5);
  match(
    comparisonTable(rows, "processor"),
    /^\| untrained encoder \| 1 \| 0 \| – \| – \| 30\.00 \|/m,
  );
});
