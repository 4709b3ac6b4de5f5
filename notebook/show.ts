/** Values of this library as they are shown in a notebook. */
import type { Fault, Faults, FreezePlan, Result } from "../core/mod.ts";
import { percent, predictedSaving } from "../core/mod.ts";
import { lossPlot, planPlot } from "../plot/mod.ts";
import { type AnyError, describeError, type StepReport } from "../train/mod.ts";
import { type Displayed, type Picture, picture, words } from "./display.ts";
import { stepWords } from "./wording.ts";

/** A value of this library that can be shown. */
export type Showable =
  /** The picture of the plan. */
  | FreezePlan
  /** A step in a line. */
  | StepReport
  /** Their losses. */
  | readonly StepReport[]
  /** The text of every fault. */
  | Faults
  /** SVG text: the picture. */
  | string
  /** Its value, or the text of its error. */
  | Result<AnyError, FreezePlan | StepReport | readonly StepReport[] | string>;

/** The picture of a plan. */
function planPicture(plan: FreezePlan): Picture {
  const { totalSteps, layers, stages } = plan;
  const summary =
    `a plan of ${totalSteps} steps, ${layers.length} layers, ${stages.length} stages; freezing saves ${
      percent(predictedSaving(plan))
    } of the computation`;
  return picture(planPlot(plan), summary);
}

/** Losses of steps, with the phases that they tell of themselves. */
function lossPicture(reports: readonly StepReport[]): Picture {
  const first = new Map<number, StepReport>();
  for (const report of reports) {
    if (!first.has(report.phase)) first.set(report.phase, report);
  }
  const phases = [...first.values()].map((report) => ({
    ...report,
    from: report.step,
  }));
  return picture(lossPlot(reports, { phases }), stepWords(reports));
}

const areFaults = (
  list: readonly (StepReport | Fault)[],
): list is Faults => list[0] !== undefined && "path" in list[0];

/**
 * A value as it is shown in a notebook: plans and losses as pictures, faults as text.
 * Plans and reports themselves stay plain data.
 *
 * @param value A plan, reports of steps, SVG text, faults, or a result of these.
 *
 * @example A plan, and what is wrong with another
 * ```ts
 * import { planOf, RECIPES } from "@vitfreeze/vitfreeze";
 * import { DISPLAY, recipe, show } from "@vitfreeze/vitfreeze/notebook";
 * import { ok, strictEqual } from "node:assert/strict";
 *
 * ok("image/svg+xml" in show(planOf(recipe("nano"), 8000))[DISPLAY]());
 *
 * const { freeze } = RECIPES.small;
 * const bad = planOf({ ...RECIPES.small, freeze: { ...freeze, t0: 2 } }, 8000);
 * strictEqual(String(show(bad)), "freeze.t0: found 2, wanted a number in (0, 1]");
 * ```
 */
export function show(value: FreezePlan | string): Picture;
/**
 * Any value that can be shown.
 *
 * @param value Reports of steps, faults, or a result.
 */
export function show(value: Showable): Displayed;
export function show(value: Showable): Displayed {
  if (typeof value === "string") return picture(value);
  if (Array.isArray(value)) {
    const list: readonly (StepReport | Fault)[] = value;
    return areFaults(list)
      ? words(describeError(list))
      : lossPicture(list as readonly StepReport[]);
  }
  const one = value as Exclude<Showable, string | readonly unknown[]>;
  if ("phases" in one) return planPicture(one);
  if ("_tag" in one) {
    return one._tag === "Left"
      ? words(describeError(one.left))
      : show(one.right);
  }
  return words(stepWords([one as StepReport]));
}
