import { deepStrictEqual, ok } from "node:assert/strict";
import fc from "fast-check";
import { type MetricsLine, metricsLine } from "../../../../train/mod.ts";
import { metricsSample } from "../../../../train/run/run_history.ts";
import { reportOf, runOf } from "./made_runs.ts";

const RUN = runOf(200);
const STEPS = RUN.plan.totalSteps;
const LINES = Array.from(
  { length: STEPS },
  (_, step) => metricsLine(reportOf(RUN, step)),
);

const sampleOf = (lines: readonly MetricsLine[], most: number) => {
  const sample = metricsSample(most, 10);
  lines.forEach((line) => sample.add(line));
  return sample;
};

const stepsOf = (lines: readonly MetricsLine[]): readonly number[] =>
  lines.map(({ step }) => step);

Deno.test("metricsSample() keeps every step of a short run", () => {
  deepStrictEqual(sampleOf(LINES, STEPS).lines, LINES);
});

Deno.test("metricsSample() keeps at most so many, evenly, the first two of each phase and the last ten", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 300 }),
      fc.integer({ min: 1, max: STEPS }),
      (most, count) => {
        const taken = LINES.slice(0, count);
        const { lines, recent } = sampleOf(taken, most);
        const entered = RUN.plan.phases.filter(({ from }) => from < count);
        ok(lines.length <= most + 2 * entered.length);
        const steps = stepsOf(lines);
        for (const { from } of entered) {
          ok(
            steps.includes(from) &&
              (steps.includes(from + 1) || from + 1 === count),
          );
        }
        const gaps = steps.map((step, i) => (steps[i + 1] ?? count) - step);
        ok(Math.max(...gaps) <= Math.ceil(4 * count / most) + 1);
        deepStrictEqual(recent, taken.slice(-10));
      },
    ),
  );
});

Deno.test("metricsSample() of a run that went back has each step once", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 500 }),
      fc.integer({ min: 1, max: 500 }),
      (reached, from) => {
        const back = Math.min(from, reached);
        const lines = [...LINES.slice(0, reached), ...LINES.slice(back, 600)];
        const sample = sampleOf(lines, 2000);
        deepStrictEqual(sample.lines, LINES.slice(0, 600));
        deepStrictEqual(stepsOf(sample.recent).at(-1), 599);
      },
    ),
    { numRuns: 30 },
  );
});
