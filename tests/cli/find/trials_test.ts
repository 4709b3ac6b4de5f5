import fc from "fast-check";
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  type FreezeCell,
  type FreezeGrid,
  planOf,
  RECIPES,
} from "../../../core/mod.ts";
import {
  cellTrial,
  edgeCost,
  judgedSteps,
  togetherTrial,
  trialCost,
} from "../../../cli/find/trials.ts";
import { between } from "../../arbitraries.ts";
import { right } from "../../right.ts";

const { freeze } = RECIPES.small;
const plan = right(
  planOf({ ...RECIPES.small, freeze: { ...freeze, t0: 1 } }, 320),
);
const count = plan.layers.length;

Deno.test("judgedSteps() are the end of the trial, within the run and at most half of the trial", () => {
  const run = fc.integer({ min: 2, max: 100_000 }).chain((totalSteps) =>
    fc.record({
      totalSteps: fc.constant(totalSteps),
      start: fc.integer({ min: 1, max: totalSteps - 1 }),
      horizon: between(1e-3, 1),
    })
  );
  fc.assert(fc.property(run, ({ totalSteps, start, horizon }) => {
    const { from, to } = judgedSteps(start, totalSteps, horizon);
    ok(start <= from && from < to && to <= totalSteps);
    ok(to - from <= Math.max(1, totalSteps / 10 + 1));
    ok(to - start === 1 || from > start);
  }));
  deepStrictEqual(judgedSteps(100, 1000, 1), { from: 900, to: 1000 });
  deepStrictEqual(judgedSteps(100, 1000, 0.1), { from: 150, to: 200 });
});

Deno.test("cellTrial() freezes the first layers at its start, and togetherTrial() starts with the first of them", () => {
  const { freezeSteps, start } = cellTrial(plan, { layers: 2, step: 50 }, 1);
  strictEqual(start, 50);
  deepStrictEqual(freezeSteps.slice(0, 3), [50, 50, plan.totalSteps]);
  strictEqual(freezeSteps.length, count);
  const { start: first } = togetherTrial(plan, [70, 80, plan.totalSteps]);
  strictEqual(first, 70);
});

Deno.test("trialCost() is the count of steps where nothing freezes, and less the more does", () => {
  const cost = trialCost(plan);
  const none = plan.layers.map(() => plan.totalSteps);
  const unfrozen = cost({ freezeSteps: none, start: 20, to: 60 });
  ok(Math.abs(unfrozen - 40) < 1e-9);
  const costs = Array.from(
    { length: count - 1 },
    (_, i) =>
      cost({ ...cellTrial(plan, { layers: i + 1, step: 20 }, 1), to: 60 }),
  );
  [unfrozen, ...costs].reduce((before, now) => {
    ok(now < before);
    return now;
  });
});

Deno.test("edgeCost() is that of the dearest walk from the first trial on", () => {
  const costOf = ({ layers, step }: FreezeCell): number =>
    (layers * 7 + step * 13) % 11;
  const dearest = ({ layers, steps }: FreezeGrid): number => {
    const [layer, ...deeper] = layers;
    const [step, ...later] = steps;
    return layer === undefined || step === undefined
      ? 0
      : costOf({ layers: layer, step }) +
        Math.max(
          dearest({ layers: deeper, steps }),
          dearest({ layers, steps: later }),
        );
  };
  const sizes = fc.record({
    layers: fc.integer({ min: 1, max: 5 }),
    steps: fc.integer({ min: 1, max: 5 }),
  });
  fc.assert(fc.property(sizes, ({ layers, steps }) => {
    const grid = {
      layers: Array.from({ length: layers }, (_, i) => i + 1),
      steps: Array.from({ length: steps }, (_, i) => 10 * i),
    };
    strictEqual(edgeCost(grid, costOf), dearest(grid));
  }));
});
