/** Marks of freezes and prunings: upright lines over a plot of steps. */
import * as Plot from "npm:@observablehq/plot@0.6.17";
import type { Phase } from "../../core/mod.ts";
import { caption } from "../svg.ts";
import { LIGHT, type Theme } from "../theme.ts";

/** A step at which the work changes; a phase of a plan is one. */
export type PhaseMark = Pick<Phase, "from" | "frozenLayers" | "liveStages">;

/** Pixels that the number of frozen layers needs. */
const LABEL_WIDTH = 18;

/** Width of the frame, pixels, from which on there is room to explain the lines. */
const EXPLAINED_FROM = 500;

/** The phases whose label does not run into the one before. */
function labelled(
  phases: readonly PhaseMark[],
  pixelsPerStep: number,
): readonly PhaseMark[] {
  let free = -Infinity;
  return phases.filter(({ from }) => {
    if (from * pixelsPerStep < free) return false;
    free = from * pixelsPerStep + LABEL_WIDTH;
    return true;
  });
}

/**
 * Marks the steps at which layers froze, dashed, and those at which a stage was
 * pruned with them, solid; above them how many layers are frozen from there on.
 */
export function phaseMarks(
  phases: readonly PhaseMark[],
  lastStep: number,
  width: number,
  { faint, strong, quiet }: Theme = LIGHT,
): readonly Plot.Markish[] {
  const changes = phases.slice(1).filter(({ from }) => from <= lastStep);
  if (changes.length === 0) return [];
  const prunings = changes.filter(({ liveStages }, i) =>
    liveStages.length < (phases[i]?.liveStages.length ?? 0)
  );
  const dashed = { stroke: faint, strokeDasharray: "2 3" };
  return [
    Plot.ruleX(changes, { x: "from", ...dashed }),
    Plot.ruleX(prunings, { x: "from", stroke: strong, strokeWidth: 1.3 }),
    Plot.text(labelled(changes, width / Math.max(1, lastStep)), {
      x: "from",
      text: (phase: PhaseMark) => String(phase.frozenLayers),
      frameAnchor: "top",
      dy: -9,
      fill: quiet,
    }),
    caption("layers\nfrozen", [-8, -16], { textAnchor: "end", fill: quiet }),
    ...width < EXPLAINED_FROM ? [] : [
      caption("┊ layers freeze   │ and a stage is pruned", [width, -32], {
        textAnchor: "end",
        fill: quiet,
      }),
    ],
  ];
}
