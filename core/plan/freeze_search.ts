/** Search for the earliest steps at which layers may freeze, by what that costs in loss. */
import type { FreezePlan } from "./plan.ts";

/** One trial: so many of the first layers freeze at a step. */
export interface FreezeCell {
  /** Number of layers, at least 1. */
  readonly layers: number;
  /** First step at which they are frozen. */
  readonly step: number;
}

/** Trials that there may be: each number of layers at each step. */
export interface FreezeGrid {
  /** Numbers of layers, rising. */
  readonly layers: readonly number[];
  /** Steps, rising. */
  readonly steps: readonly number[];
}

/** State of a search. */
export type FreezeSearch =
  /** The trial whose outcome is needed next. */
  | { readonly _tag: "Open"; readonly cell: FreezeCell }
  /** The earliest step of each number of layers of the grid; `null` where none will do. */
  | { readonly _tag: "Found"; readonly steps: readonly (number | null)[] };

/**
 * Looks for the earliest step at which each number of layers may freeze, no earlier than
 * fewer of them.
 *
 * It walks along the edge between trials that cost too much and those that do not, so that
 * it asks for fewer of them than the grid has layers and steps together.
 *
 * @param grid The trials.
 * @param riseOf Relative rise of the loss in a trial, `0.01` for a loss that is higher by a
 * hundredth; `undefined` where it is not known yet, `NaN` or `Infinity` where it went wrong.
 * @param share Rises below it are accepted.
 * @returns The steps, which do not fall with the number of layers; or the trial without
 * which they cannot be told.
 *
 * @example One layer may freeze at step 10, two of them not before step 20
 * ```ts
 * import { searchFreezeSteps } from "./freeze_search.ts";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const grid = { layers: [1, 2], steps: [10, 20] };
 * const riseOf = ({ layers, step }: { layers: number; step: number }) =>
 *   layers / step / 10;
 *
 * deepStrictEqual(searchFreezeSteps(grid, riseOf, 0.015), {
 *   _tag: "Found",
 *   steps: [10, 20],
 * });
 * ```
 */
export function searchFreezeSteps(
  { layers, steps }: FreezeGrid,
  riseOf: (cell: FreezeCell) => number | undefined,
  share: number,
): FreezeSearch {
  const found: (number | null)[] = [];
  let at = 0;
  for (const count of layers) {
    for (; at < steps.length; at++) {
      const cell = { layers: count, step: steps[at]! };
      const rise = riseOf(cell);
      if (rise === undefined) return { _tag: "Open", cell };
      if (rise < share) break;
    }
    found.push(steps[at] ?? null);
  }
  return { _tag: "Found", steps: found };
}

/**
 * Steps at which the layers of a plan freeze by what a search has found. A number of layers
 * that was not tried freezes with the next larger one that was.
 *
 * @param found Steps of the numbers of layers of the grid.
 * @returns A step for each layer, which do not fall; `totalSteps` for the last one and for
 * layers of which too many were tried.
 */
export function foundFreezeSteps(
  { layers, totalSteps }: Pick<FreezePlan, "layers" | "totalSteps">,
  grid: Pick<FreezeGrid, "layers">,
  found: readonly (number | null)[],
): readonly number[] {
  return layers.map(({ index }) => {
    const tried = grid.layers.findIndex((count) => count > index);
    const isLast = index === layers.length - 1;
    return isLast ? totalSteps : found[tried] ?? totalSteps;
  });
}
