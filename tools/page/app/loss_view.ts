/// <reference lib="dom" />
/** The losses of both lanes by step. */
import type { FreezePlan, StepReport } from "@vitfreeze/vitfreeze/web";
import { byId, drawn } from "./elements.ts";
import { deepestLoss } from "./lane_view.ts";
import { type Lane, LANES } from "./race.ts";

/** A lane's plan and what it has done. */
export interface Course {
  readonly plan: FreezePlan;
  readonly reports: readonly StepReport[];
}

const HEIGHT = 190;
const LEFT = 40;
const BOTTOM = 22;
const TOP = 8;

/** Steps whose mean is drawn: a single one says little. */
const WINDOW = 7;

/** Mean of each loss with those just before it. */
const smoothed = (losses: readonly number[]): readonly number[] =>
  losses.map((_, i) => {
    const recent = losses.slice(Math.max(0, i + 1 - WINDOW), i + 1);
    return recent.reduce((sum, loss) => sum + loss, 0) / recent.length;
  });

/** Steps at the beginning whose losses may leave the frame: they would flatten the rest. */
const STEEP = 12;

/** Bounds of the losses with a little air; something where there are none. */
function boundsOf(
  lines: readonly (readonly number[])[],
): readonly [number, number] {
  const losses = lines.flatMap((line) =>
    line.slice(line.length > 2 * STEEP ? STEEP : 0)
  );
  if (losses.length === 0) return [0, 0.4];
  const [least, most] = [Math.min(...losses), Math.max(...losses)];
  const air = Math.max(0.005, (most - least) * 0.08);
  return [Math.max(0, least - air), most + air];
}

/** Draws the losses; dotted lines stand where layers freeze. */
export function showLosses(courses: Readonly<Record<Lane, Course>>): void {
  const svg = byId<SVGSVGElement>("loss");
  const width = Math.max(260, svg.clientWidth || 800);
  svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
  const lines = LANES.map((lane) => {
    const { plan, reports } = courses[lane];
    return smoothed(reports.map((report) => deepestLoss(plan, report)));
  });
  const [least, most] = boundsOf(lines);
  const { plan } = courses.frozen;
  const x = (step: number): number =>
    LEFT + step / plan.totalSteps * (width - LEFT - 4);
  const y = (loss: number): number =>
    TOP +
    Math.max(0, (most - loss) / (most - least)) * (HEIGHT - TOP - BOTTOM);

  const ticks = [0, 1, 2, 3].map((i) => least + (most - least) * i / 3);
  const grid = ticks.flatMap((loss) => [
    drawn("line", {
      ...{ class: "grid", x1: LEFT, x2: width, y1: y(loss), y2: y(loss) },
    }),
    drawn("text", { x: 0, y: y(loss) + 4 }, loss.toFixed(3)),
  ]);
  const markers = plan.layers
    .filter(({ freezeStep }) => freezeStep < plan.totalSteps)
    .map(({ freezeStep: step }) =>
      drawn("line", {
        ...{ class: "marker", x1: x(step), x2: x(step) },
        ...{ y1: TOP, y2: HEIGHT - BOTTOM },
      })
    );
  const paths = LANES.map((lane, i) =>
    drawn("polyline", {
      class: `line ${lane}`,
      points: (lines[i] ?? []).map((loss, step) =>
        `${x(step).toFixed(1)},${y(loss).toFixed(1)}`
      ).join(" "),
    })
  );
  const ends = [
    drawn("text", { x: LEFT, y: HEIGHT - 6 }, "0"),
    drawn(
      "text",
      { x: width - 4, y: HEIGHT - 6, "text-anchor": "end" },
      `${plan.totalSteps} steps`,
    ),
  ];
  svg.replaceChildren(...grid, ...markers, ...paths, ...ends);
}
