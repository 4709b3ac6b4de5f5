import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  measuredSaving,
  phaseTimes,
  tellsSaving,
  type TimedStep,
} from "../../train/mod.ts";
import { tinyRun } from "./tiny_run.ts";

const { plan } = tinyRun();

const step = (phase: number, gradient: number, update: number): TimedStep => ({
  phase,
  milliseconds: { gradient, update },
});

Deno.test("phaseTimes() are medians without the first step of a phase, which compiles", () => {
  const steps = [
    step(0, 9000, 0),
    step(0, 90, 10),
    step(0, 500, 0),
    step(0, 190, 10),
    step(1, 9000, 0),
    step(1, 80, 0),
    step(1, 60, 0),
    step(2, 50, 0),
  ];
  deepStrictEqual(phaseTimes(plan, steps), [
    { phase: 0, frozenLayers: 0, secondsPerStep: 0.2 },
    { phase: 1, frozenLayers: 1, secondsPerStep: 0.07 },
    { phase: 2, frozenLayers: 2, secondsPerStep: 0.05 },
  ]);
});

Deno.test("measuredSaving() weighs phases by their steps", () => {
  // Phases of 5, 2, 2, 2 and 1 steps.
  const times = [1, 0.8, 0.6, 0.4, 0.2].map((secondsPerStep, phase) => ({
    phase,
    frozenLayers: phase,
    secondsPerStep,
  }));
  const spent = 5 * 1 + 2 * 0.8 + 2 * 0.6 + 2 * 0.4 + 1 * 0.2;
  ok(Math.abs(measuredSaving(plan, times) - (1 - spent / 12)) < 1e-15);
});

Deno.test("measuredSaving() is 0 if all steps cost the same, and unknown if a phase was not measured", () => {
  const times = plan.phases.map(({ index, frozenLayers }) => ({
    phase: index,
    frozenLayers,
    secondsPerStep: 3,
  }));
  strictEqual(measuredSaving(plan, times), 0);
  strictEqual(measuredSaving(plan, times.slice(1)), NaN);
});

Deno.test("tellsSaving() wants more than ten steps of the first phase, and of nearly all others", () => {
  const all: readonly (readonly [counts: readonly number[], told: boolean])[] =
    [
      [[16], true],
      [[10], false],
      [[], false],
      [[5, 11], false],
      [[9, 3, 4], false],
      [[11, 11, 11], true],
      [[11, 10], false],
      [[100, 2, 5, 200], true],
      [[100, 0, 0], true],
    ];
  for (const [counts, told] of all) strictEqual(tellsSaving(counts), told);
});
