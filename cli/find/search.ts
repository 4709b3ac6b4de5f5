/** The search: trials one after another, those that the proposal needs first. */
import { isDeepStrictEqual } from "node:util";
import {
  foundFreezeSteps,
  type FreezeCell,
  type FreezeGrid,
  searchFreezeSteps,
} from "../../core/mod.ts";
import { counted } from "../../data/mod.ts";
import { percent } from "../output/words.ts";
import { ownLoss, runTrial, type TrialContext } from "./run_trial.ts";
import {
  keepResult,
  keptResult,
  riseOf,
  type TrialResult,
} from "./trial_files.ts";
import { cellsOf, cellTrial, togetherTrial, type Trial } from "./trials.ts";
import type { UnfrozenRun } from "./unfrozen_run.ts";

/** What is searched for. */
export interface SearchRequest {
  readonly run: UnfrozenRun;
  readonly grid: FreezeGrid;
  /** Part of the run for which a trial goes on. */
  readonly horizon: number;
  /** Rises below it are accepted. */
  readonly share: number;
  /** True where only the trials are wanted that the proposal needs. */
  readonly isEdgeOnly: boolean;
  /** Folder of the results. */
  readonly folder: string;
}

/** Cells with what is known of them. */
export type Known = ReadonlyMap<string, TrialResult>;

/** What a search has found. */
export interface Found {
  readonly known: Known;
  /** Freeze steps by the number of layers; `null` where trials are missing for them. */
  readonly steps: readonly (number | null)[] | null;
  /** The trial of all of them together, if it was made. */
  readonly together: TrialResult | null;
  readonly isStopped: boolean;
}

const keyOf = ({ layers, step }: FreezeCell): string => `${layers} ${step}`;

/** The result of a trial, if it is known. */
export const resultOf = (
  known: Known,
  cell: FreezeCell,
): TrialResult | undefined => known.get(keyOf(cell));

/** The trials that were finished before. */
export async function knownBefore(
  { run, grid, horizon, folder }: SearchRequest,
): Promise<Known> {
  const known = new Map<string, TrialResult>();
  for (const cell of cellsOf(grid)) {
    const trial = cellTrial(run.planned.plan, cell, horizon);
    const kept = await keptResult(folder, trial, ownLoss(run, trial));
    if (kept !== null) known.set(keyOf(cell), kept);
  }
  return known;
}

function searched({ grid, share }: SearchRequest, known: Known) {
  const rise = (cell: FreezeCell): number | undefined => {
    const result = resultOf(known, cell);
    return result === undefined ? undefined : riseOf(result);
  };
  return searchFreezeSteps(grid, rise, share);
}

/** The trial to be made next; `null` if there is none. */
function nextCell(request: SearchRequest, known: Known): FreezeCell | null {
  const search = searched(request, known);
  if (search._tag === "Open") return search.cell;
  if (request.isEdgeOnly) return null;
  return cellsOf(request.grid).find((cell) => !known.has(keyOf(cell))) ?? null;
}

/** Trial, loss and rise in a line. */
function resultWords(cell: FreezeCell, result: TrialResult): string {
  const { own, loss } = result;
  const what = `${counted(cell.layers, "layer")} from step ${cell.step}`;
  if (loss === null) return `${what}: the loss did not stay finite`;
  const rise = riseOf(result);
  const sign = rise < 0 ? "−" : "+";
  return `${what}: loss ${loss.toPrecision(5)}, the run's own ${
    own.toPrecision(5)
  }: ${sign}${percent(Math.abs(rise), 2)}`;
}

/** Makes a trial and keeps what it finds. */
async function tried(
  { run, folder }: SearchRequest,
  trial: Trial,
  context: TrialContext,
): Promise<TrialResult | "stopped"> {
  const kept = await keptResult(folder, trial, ownLoss(run, trial));
  if (kept !== null) return kept;
  const result = await runTrial(run, trial, context);
  if (result !== "stopped") await keepResult(folder, result);
  return result;
}

/** The proposal as one trial, where trials go on to the end and anything freezes. */
function proposedTrial(
  { run: { planned: { plan } }, grid, horizon }: SearchRequest,
  steps: readonly (number | null)[],
): Trial | null {
  const isAny = steps.some((step) => step !== null);
  return horizon === 1 && isAny
    ? togetherTrial(plan, foundFreezeSteps(plan, grid, steps))
    : null;
}

/**
 * Makes the trials that are not known yet.
 *
 * @param before Those that are.
 * @throws {CommandFailed} where one fails.
 */
export async function search(
  request: SearchRequest,
  before: Known,
  context: TrialContext,
  say: (line: string) => void,
): Promise<Found> {
  const { run: { planned: { plan } }, horizon } = request;
  const known = new Map(before);
  const found = (together: TrialResult | null, isStopped: boolean): Found => {
    const state = searched(request, known);
    const steps = state._tag === "Found" ? state.steps : null;
    return { known, steps, together, isStopped };
  };
  for (;;) {
    const cell = nextCell(request, known);
    if (cell === null) break;
    if (context.signal.aborted) return found(null, true);
    const trial = cellTrial(plan, cell, horizon);
    const result = await tried(request, trial, context);
    if (result === "stopped") return found(null, true);
    known.set(keyOf(cell), result);
    say(resultWords(cell, result));
  }
  const { steps } = found(null, false);
  const trial = steps === null ? null : proposedTrial(request, steps);
  if (trial === null) return found(null, false);
  const same = [...known.values()].find(({ freezeSteps }) =>
    isDeepStrictEqual(freezeSteps, trial.freezeSteps)
  );
  const together = same ?? await tried(request, trial, context);
  return together === "stopped" ? found(null, true) : found(together, false);
}
