/** Step time over a run as a picture. */
import type { FreezePlan } from "../../core/mod.ts";
import { type RunCurve, runCurvesPlot } from "../../plot/mod.ts";
import type { Phases } from "./phase_rows.ts";

type Measure = "ours" | "theirs" | "flops";

/** Part of an unfrozen step that a step takes, over the phases of a plan. */
function curve(
  plan: FreezePlan,
  { rows }: Phases,
  measure: Measure,
  name: string,
): RunCurve {
  const first = rows[0][measure];
  return {
    name,
    pieces: plan.phases.map(({ from, to, frozenLayers }) => ({
      from: from / plan.totalSteps,
      to: to / plan.totalSteps,
      value: (rows[frozenLayers]?.[measure] ?? NaN) / first,
    })),
  };
}

/**
 * Draws how long a step takes over a run, as a part of an unfrozen step: measured for
 * both sides, and predicted.
 *
 * @param plan When which layer freezes.
 * @param phases Measured phases.
 * @returns An SVG document.
 */
export function savingPlot(plan: FreezePlan, phases: Phases): string {
  const { about } = phases;
  return runCurvesPlot(
    `Time of a step, % of an unfrozen one: ${about.model}, ${about.threads} thread${
      about.threads === 1 ? "" : "s"
    }`,
    [
      curve(plan, phases, "theirs", `${about.peer}, measured`),
      curve(plan, phases, "flops", "ours, predicted from operations"),
      curve(plan, phases, "ours", "ours, measured"),
    ],
  );
}
