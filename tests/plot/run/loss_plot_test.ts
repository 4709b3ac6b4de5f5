import {
  deepStrictEqual,
  doesNotMatch,
  match,
  ok,
  strictEqual,
} from "node:assert/strict";
import { lossPlot } from "../../../plot/mod.ts";
import type { LossPoint } from "../../../plot/run/loss_series.ts";
import type { PhaseMark } from "../../../plot/run/phase_marks.ts";

const constant = (steps: number, losses: readonly number[]): LossPoint[] =>
  Array.from({ length: steps }, (_, step) => ({
    step,
    loss: losses.reduce((sum, loss) => sum + loss, 0),
    stageLosses: Object.fromEntries(losses.entries()),
  }));

const PHASES: readonly PhaseMark[] = [
  { from: 0, frozenLayers: 0, liveStages: [0, 1] },
  { from: 40, frozenLayers: 1, liveStages: [0, 1] },
  { from: 60, frozenLayers: 2, liveStages: [1] },
];

const countOf = (svg: string, pattern: RegExp): number =>
  [...svg.matchAll(pattern)].length;

Deno.test("lossPlot() is an SVG document that names its lines and axes", () => {
  const svg = lossPlot(constant(100, [0.2, 0.1]), { phases: PHASES });
  match(svg, /^<svg [^>]*xmlns="http:\/\/www.w3.org\/2000\/svg"/);
  for (const words of ["stage 1", "stage 2", "Loss: mean squared", "Step"]) {
    match(svg, new RegExp(words));
  }
  doesNotMatch(svg, /stage 3/);
});

Deno.test("lossPlot() of one loss calls it a loss and nothing more", () => {
  const svg = lossPlot(constant(100, []), { phases: [] });
  match(svg, /↑ Loss</);
  match(svg, />● loss</);
  doesNotMatch(svg, /stage|HOG/);
});

Deno.test("lossPlot() draws the deepest stage boldest", () => {
  const svg = lossPlot(constant(100, [0.3, 0.2, 0.1]), { phases: PHASES });
  const widths = [
    ...svg.matchAll(/stroke-width="([\d.]+)"[^>]*aria-label="line"/g),
  ]
    .map(([, width]) => Number(width)).filter((width) => width > 1);
  deepStrictEqual(widths, [1.6, 1.6, 2.6]);
});

Deno.test("lossPlot() marks each freeze, and prunings once more", () => {
  const svg = lossPlot(constant(100, [0.2, 0.1]), { phases: PHASES });
  const rules = [...svg.matchAll(/<g [^>]*aria-label="rule"[^>]*>(.*?)<\/g>/gs)]
    .map(
      ([, lines = ""]) => countOf(lines, /<line/g),
    );
  strictEqual(rules.join(), "2,1");
  match(svg, /layers freeze/);
});

Deno.test("lossPlot() marks no freeze that the run has not reached", () => {
  const svg = lossPlot(constant(30, [0.2, 0.1]), { phases: PHASES });
  doesNotMatch(svg, /layers freeze/);
});

Deno.test("lossPlot() has a logarithmic axis only where losses span factors", () => {
  const ticks = (losses: readonly number[]): string =>
    lossPlot(constant(50, losses), { phases: [] });
  match(ticks([1, 0.01]), />0\.01</);
  match(ticks([1, 0.9]), />0\.0</);
});

Deno.test("lossPlot() draws runs of no, one, three and 100,000 steps without NaN", () => {
  for (const steps of [0, 1, 3, 100_000]) {
    const svg = lossPlot(constant(steps, [0.2, 0.01]), { phases: PHASES });
    doesNotMatch(svg, /NaN|Infinity|undefined/);
    ok(svg.length < 300_000);
  }
});

Deno.test("lossPlot() shows each point of a run of three steps", () => {
  const svg = lossPlot(constant(3, [0.2]), { phases: [] });
  strictEqual(countOf(svg, /<circle/g), 3);
});
