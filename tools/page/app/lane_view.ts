/// <reference lib="dom" />
/** A lane of the page: its layers, which turn blue as they freeze, and its numbers. */
import type { FreezePlan, StepReport } from "@vitfreeze/vitfreeze/web";
import { byId, made } from "./elements.ts";
import type { Lane } from "./race.ts";
import { stepTime } from "./turns.ts";

/** Steps whose median is the time of a step now. */
const RECENT = 9;

const NUMBERS = {
  step: "step",
  now: "ms a step now",
  sum: "seconds so far",
  loss: "loss, deepest stage",
} as const;

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? NaN;

const percent = (part: number): string => `${100 * part}%`;

/** Shorter names: rows are narrow on a phone. */
const nameOf = (name: string): string =>
  name === "patch_embed" ? "patches" : name;

/** A row for a layer, the deepest above. */
function layerRow(
  plan: FreezePlan,
  { index, name, freezeStep }: FreezePlan["layers"][number],
  done: number,
): HTMLElement {
  const isFrozen = done > freezeStep;
  const bar = made(
    "div",
    "bar",
    ...["will", "did", "rests"].map((part) => made("i", part)),
  );
  const part = (steps: number) => percent(steps / plan.totalSteps);
  bar.style.setProperty("--freezes", part(freezeStep));
  bar.style.setProperty("--trained", part(Math.min(done, freezeStep)));
  bar.style.setProperty("--rested", part(Math.max(0, done - freezeStep)));
  const row = made("div", isFrozen ? "layer frozen" : "layer");
  row.dataset.layer = String(index);
  row.append(made("span", "", nameOf(name)), bar);
  return row;
}

/** Loss of the deepest stage. */
export const deepestLoss = (
  plan: FreezePlan,
  { stageLosses }: StepReport,
): number => stageLosses[plan.stages.length - 1] ?? NaN;

/** Text of the numbers of a lane. */
function numbersOf(
  plan: FreezePlan,
  reports: readonly StepReport[],
): Readonly<Record<keyof typeof NUMBERS, string>> {
  const last = reports.at(-1);
  const sum = reports.reduce((all, report) => all + stepTime(report), 0);
  const now = median(reports.slice(-RECENT).map(stepTime));
  return {
    step: `${reports.length}/${plan.totalSteps}`,
    now: last === undefined ? "–" : now.toFixed(now < 10 ? 1 : 0),
    sum: (sum / 1000).toFixed(1),
    loss: last === undefined ? "–" : deepestLoss(plan, last).toFixed(3),
  };
}

/** Draws a lane. */
export function showLane(
  lane: Lane,
  plan: FreezePlan,
  reports: readonly StepReport[],
): void {
  const section = byId(lane);
  const rows = plan.layers.toReversed()
    .map((layer) => layerRow(plan, layer, reports.length));
  section.querySelector(".layers")?.replaceChildren(...rows);
  const numbers = numbersOf(plan, reports);
  const entries = Object.entries(NUMBERS).map(([key, words]) => {
    const value = made("dd", "", numbers[key as keyof typeof NUMBERS]);
    value.dataset.number = key;
    return made("div", "", made("dt", "", words), value);
  });
  section.querySelector("dl")?.replaceChildren(...entries);
}
