import fc from "fast-check";
import { deepStrictEqual, ok } from "node:assert/strict";
import {
  foundFreezeSteps,
  type FreezeCell,
  type FreezeGrid,
  searchFreezeSteps,
} from "../../../core/plan/freeze_search.ts";
import { between } from "../../arbitraries.ts";

const rising = (most: number): fc.Arbitrary<readonly number[]> =>
  fc.uniqueArray(fc.integer({ min: 1, max: most }), {
    minLength: 1,
    maxLength: 8,
  }).map((all) => all.toSorted((a, b) => a - b));

/** A grid with a rise for every trial, in no order. */
const map = fc.record({ layers: rising(12), steps: rising(1000) }).chain(
  (grid) =>
    fc.array(between(-0.1, 1), {
      minLength: grid.layers.length * grid.steps.length,
      maxLength: grid.layers.length * grid.steps.length,
    }).map((rises) => ({
      grid,
      riseOf: ({ layers, step }: FreezeCell): number =>
        rises[
          grid.layers.indexOf(layers) * grid.steps.length +
          grid.steps.indexOf(step)
        ]!,
    })),
);

const foundIn = (
  grid: FreezeGrid,
  riseOf: (cell: FreezeCell) => number,
  share: number,
): readonly (number | null)[] => {
  const search = searchFreezeSteps(grid, riseOf, share);
  if (search._tag === "Open") throw new Error("all is known");
  return search.steps;
};

Deno.test("searchFreezeSteps() finds for each number of layers the first step below the share that is not before that of fewer", () => {
  fc.assert(fc.property(map, between(0, 1), ({ grid, riseOf }, share) => {
    let least = 0;
    const wanted = grid.layers.map((layers) => {
      const step = grid.steps.find((step) =>
        step >= least && riseOf({ layers, step }) < share
      ) ?? null;
      least = step ?? Infinity;
      return step;
    });
    deepStrictEqual(foundIn(grid, riseOf, share), wanted);
  }));
});

Deno.test("searchFreezeSteps() accepts nothing by a share of 0 where every trial costs, and everything at once by an infinite one", () => {
  fc.assert(fc.property(map, ({ grid, riseOf }) => {
    const costing = (cell: FreezeCell) => Math.abs(riseOf(cell));
    deepStrictEqual(foundIn(grid, costing, 0), grid.layers.map(() => null));
    deepStrictEqual(
      foundIn(grid, costing, Infinity),
      grid.layers.map(() => grid.steps[0]),
    );
    deepStrictEqual(
      foundIn(grid, () => NaN, Infinity),
      grid.layers.map(() => null),
    );
  }));
});

Deno.test("searchFreezeSteps() freezes no later by a larger share where the loss rises with layers and falls with time", () => {
  const riseOf = ({ layers, step }: FreezeCell) => layers / step;
  fc.assert(
    fc.property(
      rising(12),
      rising(1000),
      between(0, 1),
      between(0, 1),
      (layers, steps, a, b) => {
        const grid = { layers, steps };
        const strict = foundIn(grid, riseOf, Math.min(a, b));
        const lax = foundIn(grid, riseOf, Math.max(a, b));
        strict.forEach((step, i) =>
          ok((lax[i] ?? Infinity) <= (step ?? Infinity))
        );
      },
    ),
  );
});

Deno.test("searchFreezeSteps() asks for fewer trials than there are layers and steps, and finds the same", () => {
  fc.assert(fc.property(map, between(0, 1), ({ grid, riseOf }, share) => {
    const known = new Map<string, number>();
    const nameOf = ({ layers, step }: FreezeCell) => `${layers} ${step}`;
    for (;;) {
      const search = searchFreezeSteps(
        grid,
        (cell) => known.get(nameOf(cell)),
        share,
      );
      if (search._tag === "Found") {
        deepStrictEqual(search.steps, foundIn(grid, riseOf, share));
        break;
      }
      known.set(nameOf(search.cell), riseOf(search.cell));
    }
    ok(known.size < grid.layers.length + grid.steps.length);
  }));
});

Deno.test("foundFreezeSteps() never fall, leave the last layer alone, and give a layer the step of the next number that was tried", () => {
  const layers = [0, 1, 2, 3, 4].map((index) => ({ index }));
  const plan = { layers, totalSteps: 100 } as unknown as Parameters<
    typeof foundFreezeSteps
  >[0];
  const grid = { layers: [2, 4] };
  deepStrictEqual(foundFreezeSteps(plan, grid, [10, 30]), [
    10,
    10,
    30,
    30,
    100,
  ]);
  deepStrictEqual(foundFreezeSteps(plan, grid, [10, null]), [
    10,
    10,
    100,
    100,
    100,
  ]);
  deepStrictEqual(foundFreezeSteps(plan, { layers: [1] }, [10]), [
    10,
    100,
    100,
    100,
    100,
  ]);
});
