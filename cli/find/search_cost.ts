/** What a search would cost, before it is begun. */
import type { FreezeCell } from "../../core/mod.ts";
import { counted } from "../../data/mod.ts";
import { chosenPercent, duration } from "../output/words.ts";
import { type Known, resultOf, type SearchRequest } from "./search.ts";
import { cellsOf, cellTrial, edgeCost, trialCost } from "./trials.ts";

/** What a search would cost from here on. */
export interface SearchCost {
  /** Trials that are not done; the most of them where only the edge is walked along. */
  readonly trials: number;
  /** Their operations, as a part of those of the whole run. */
  readonly runs: number;
  /** Seconds of their steps at the speed that the run was recorded with. */
  readonly seconds: number;
}

/** The most that is left to do. */
export function searchCost(
  { run, grid, horizon, isEdgeOnly }: SearchRequest,
  known: Known,
): SearchCost {
  const { plan } = run.planned;
  const costOfTrial = trialCost(plan);
  const isKnown = (cell: FreezeCell): boolean =>
    resultOf(known, cell) !== undefined;
  const costOf = (cell: FreezeCell): number =>
    isKnown(cell) ? 0 : costOfTrial(cellTrial(plan, cell, horizon));
  const cells = cellsOf(grid);
  const open = cells.filter((cell) => !isKnown(cell)).length;
  const steps = isEdgeOnly
    ? edgeCost(grid, costOf)
    : cells.reduce((sum, cell) => sum + costOf(cell), 0);
  const most = grid.layers.length + grid.steps.length - 1;
  return {
    trials: isEdgeOnly ? Math.min(open, most) : open,
    runs: steps / plan.totalSteps,
    seconds: steps * run.stepSeconds,
  };
}

/** A cost in words. */
export function costWords(
  { grid, horizon, isEdgeOnly }: SearchRequest,
  { trials, runs, seconds }: SearchCost,
  done: number,
): string {
  const reach = horizon === 1
    ? "to the end of the run"
    : `for ${chosenPercent(horizon)} of the run`;
  const what = `${counted(grid.layers.length, "number")} of layers at ${
    counted(grid.steps.length, "checkpoint")
  }, each ${reach}`;
  const isDone = done === 0 ? "" : `${done} are done; `;
  const most = isEdgeOnly ? "at most " : "";
  const left = trials === 0
    ? "none to do"
    : `${most}${trials} to do, as much as ${most}${
      runs.toFixed(1)
    } runs like this one, about ${duration(seconds)} at its speed`;
  return `trials: ${what}; ${isDone}${left}${
    horizon === 1 ? "; then once more as proposed, all layers together" : ""
  }`;
}
