import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { type LossPoint, lossSeries } from "../../plot/loss_series.ts";

/** Two stages, the first of them pruned halfway. */
const run = (steps: number): readonly LossPoint[] =>
  Array.from(
    { length: steps },
    (_, step): LossPoint =>
      step < steps / 2
        ? { step, loss: 3, stageLosses: { 0: 2, 1: 1 } }
        : { step, loss: 1, stageLosses: { 1: 1 } },
  );

Deno.test("lossSeries() gives the total, then the stages from shallow to deep", () => {
  deepStrictEqual(lossSeries(run(8)).map(({ stage }) => stage), [null, 0, 1]);
  deepStrictEqual(lossSeries([]).map(({ stage }) => stage), [null]);
});

Deno.test("lossSeries() breaks the total where a stage leaves it, and never smooths across", () => {
  const [total] = lossSeries(run(1000));
  deepStrictEqual(
    total?.pieces.map(({ smooth }) =>
      [...new Set(smooth.map(({ value }) => value))].join()
    ),
    ["3", "1"],
  );
});

Deno.test("lossSeries() ends a pruned stage where it was pruned", () => {
  const [, first, second] = lossSeries(run(100));
  strictEqual(first?.pieces.at(-1)?.measured.at(-1)?.step, 49);
  strictEqual(second?.pieces.at(-1)?.measured.at(-1)?.step, 99);
});

Deno.test("lossSeries() draws at most 2,000 points of a line of 100,000", () => {
  for (const { pieces } of lossSeries(run(100_000))) {
    const drawn = pieces.flatMap(({ measured, smooth }) => [
      ...measured,
      ...smooth,
    ]);
    ok(drawn.length <= 2000);
    ok(drawn.length > 1000);
  }
});

Deno.test("lossSeries() draws every point of a short run", () => {
  const [total] = lossSeries(run(3));
  strictEqual(total?.pieces.flatMap(({ measured }) => measured).length, 3);
});

Deno.test("lossSeries() leaves out losses that are not finite", () => {
  const points = [1, NaN, Infinity, 2].map((loss, step) => ({
    step,
    loss,
    stageLosses: { 0: loss },
  }));
  for (const { pieces } of lossSeries(points)) {
    deepStrictEqual(
      pieces.flatMap(({ measured }) => measured.map((p) => p.step)),
      [
        0,
        3,
      ],
    );
  }
});
