import { deepStrictEqual, match } from "node:assert/strict";
import { planOf, RECIPES } from "../../../core/mod.ts";
import { chosenGrid } from "../../../cli/find/chosen_grid.ts";
import type { UnfrozenRun } from "../../../cli/find/unfrozen_run.ts";
import { faultsOf, right } from "../../right.ts";

const { freeze } = RECIPES.small;
/** 12 epochs of ten steps, four of them warm-up. */
const plan = right(
  planOf({ ...RECIPES.small, freeze: { ...freeze, t0: 1 } }, 320),
);

const runWith = (steps: readonly number[], recorded = plan.totalSteps) =>
  ({
    planned: { plan },
    recorded,
    states: steps.map((step) => ({ step, path: "" })),
  }) as unknown as UnfrozenRun;

const wordsOf = (grid: ReturnType<typeof chosenGrid>): string =>
  faultsOf(grid).join("\n");

const ALL = [1, 2, 3, 4, 5, 6];

Deno.test("chosenGrid() takes all layers but the last, and the checkpoints between warm-up and end", () => {
  deepStrictEqual(right(chosenGrid(runWith([0, 4, 5, 60, 120]), {})), {
    layers: ALL,
    steps: [5, 60],
  });
});

Deno.test("chosenGrid() takes the checkpoints nearest to times, each once, and layers in order", () => {
  const run = runWith([10, 30, 60, 90]);
  const asked = { times: [0.9, 0.52, 0.48], layers: [4, 2, 4] };
  deepStrictEqual(right(chosenGrid(run, asked)), {
    layers: [2, 4],
    steps: [60, 90],
  });
});

Deno.test("chosenGrid() takes of a run that was not finished what can be judged by its record", () => {
  const run = runWith([10, 30, 60], 60);
  deepStrictEqual(right(chosenGrid(run, { horizon: 0.25 })), {
    layers: ALL,
    steps: [10, 30],
  });
  match(
    wordsOf(chosenGrid(run, {})),
    /RUN: .*has taken 60 of 120 steps.*--horizon/,
  );
});

Deno.test("chosenGrid() refuses the last layer and a run without checkpoints, and says what to do", () => {
  match(
    wordsOf(chosenGrid(runWith([30]), { layers: [7] })),
    /--layers: found 7, wanted at most 6/,
  );
  match(
    wordsOf(chosenGrid(runWith([4, 120]), {})),
    /after steps 4, 120 of 120.*--t0 1 --keep 20/,
  );
});
