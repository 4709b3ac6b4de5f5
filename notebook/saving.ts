/** What freezing saves: as the plan predicts it, and as it was measured. */
import {
  type FreezePlan,
  percent,
  phaseFlops,
  savedPart,
} from "../core/mod.ts";
import { measuredSaving, phaseTimes, type StepReport } from "../train/mod.ts";
import { type Row, type Table, table } from "./table.ts";

/** What freezing saves, with a row for each phase that was entered. */
export interface Saving extends Table {
  /** Part of the floating-point operations of these steps that freezing saves. */
  readonly predicted: number;
  /** Part of their time that freezing saved; `NaN` before the first step. */
  readonly measured: number;
}

/** A row for each phase that was entered. */
function phaseRows(
  plan: FreezePlan,
  reports: readonly StepReport[],
): readonly Row[] {
  const flopsOf = phaseFlops(plan);
  const times = phaseTimes(plan, reports);
  const slowest = times[0]?.secondsPerStep ?? NaN;
  return times.map(({ phase, frozenLayers, secondsPerStep }) => ({
    "frozen layers": frozenLayers,
    "steps": reports.filter((report) => report.phase === phase).length,
    "ms a step": Math.round(10_000 * secondsPerStep) / 10,
    "time, measured": percent(secondsPerStep / slowest, 0),
    "operations, predicted": percent(
      flopsOf(plan.phases[phase] ?? plan.phases[0]) / flopsOf(plan.phases[0]),
      0,
    ),
  }));
}

/**
 * What freezing saves of the steps so far, predicted beside measured. The time of a step is
 * the median of those of its phase; where a phase has only a few steps it says little.
 *
 * @param reports Steps of the run from its first on, in their order.
 *
 * @example
 * ```ts
 * import { orThrow, planOf } from "@vitfreeze/vitfreeze";
 * import { recipe, savingOf } from "@vitfreeze/vitfreeze/notebook";
 * import { strictEqual } from "node:assert/strict";
 *
 * const plan = orThrow(planOf(recipe("nano"), 8000));
 *
 * strictEqual(savingOf(plan, []).rows.length, 0);
 * ```
 */
export function savingOf(
  plan: FreezePlan,
  reports: readonly StepReport[],
): Saving {
  const done = reports.length;
  const times = phaseTimes(plan, reports);
  const predicted = savedPart(plan, phaseFlops(plan), done);
  const measured = measuredSaving(plan, times, done);
  const rows = phaseRows(plan, reports);
  const sum: Row = {
    "frozen layers": "saved so far",
    "steps": done,
    "ms a step": null,
    "time, measured": percent(measured),
    "operations, predicted": percent(predicted),
  };
  return { ...table(done === 0 ? [] : [...rows, sum]), predicted, measured };
}
