import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { type LossPoint, lossSeries } from "../../../plot/run/loss_series.ts";

/** Two stages, the first of them pruned halfway. */
const run = (steps: number): readonly LossPoint[] =>
  Array.from(
    { length: steps },
    (_, step): LossPoint =>
      step < steps / 2
        ? { step, loss: 3, stageLosses: { 0: 2, 1: 1 } }
        : { step, loss: 1, stageLosses: { 1: 1 } },
  );

/** A run with one loss. */
const single = (steps: number): readonly LossPoint[] =>
  Array.from({ length: steps }, (_, step) => ({
    step,
    loss: 1 / (1 + step),
    stageLosses: {},
  }));

Deno.test("lossSeries() gives the stages from shallow to deep, and the only loss where there are none", () => {
  deepStrictEqual(lossSeries(run(8)).map(({ stage }) => stage), [0, 1]);
  deepStrictEqual(lossSeries(single(8)).map(({ stage }) => stage), [null]);
  deepStrictEqual(lossSeries([]).map(({ stage }) => stage), [null]);
});

Deno.test("lossSeries() has no line that a pruning moves", () => {
  for (const { smooth } of lossSeries(run(1000))) {
    strictEqual(new Set(smooth.map(({ value }) => value)).size, 1);
  }
});

Deno.test("lossSeries() ends a pruned stage where it was pruned", () => {
  const [first, second] = lossSeries(run(100));
  strictEqual(first?.measured.at(-1)?.step, 49);
  strictEqual(second?.measured.at(-1)?.step, 99);
});

Deno.test("lossSeries() draws at most 2,000 points of a line of 100,000", () => {
  for (const points of [run(100_000), single(100_000)]) {
    for (const { measured, smooth } of lossSeries(points)) {
      const drawn = [...measured, ...smooth];
      ok(drawn.length <= 2000);
      ok(drawn.length > 1000);
    }
  }
});

Deno.test("lossSeries() draws every point of a short run", () => {
  const [only] = lossSeries(single(3));
  deepStrictEqual(only?.measured.map(({ value }) => value), [1, 1 / 2, 1 / 3]);
});

Deno.test("lossSeries() leaves out losses that are not finite", () => {
  const losses = [1, NaN, Infinity, 2];
  for (const isStaged of [true, false]) {
    const [line] = lossSeries(
      losses.map((loss, step) => ({
        ...{ step, loss },
        stageLosses: isStaged ? { 0: loss } : {},
      })),
    );
    deepStrictEqual(line?.measured.map(({ step }) => step), [0, 3]);
  }
});
