import {
  deepStrictEqual,
  doesNotMatch,
  match,
  ok,
  strictEqual,
} from "node:assert/strict";
import {
  phaseAt,
  phaseFlops,
  planOf,
  SMALL_RECIPE,
} from "../../../core/mod.ts";
import {
  type CostedPlan,
  freezeMessage,
  reportedAfter,
} from "../../../cli/runs/progress.ts";
import { duration } from "../../../cli/output/words.ts";
import type { MetricsLine } from "../../../train/mod.ts";
import { right } from "../../right.ts";

/** 1000 steps; layers freeze from step 512 on. */
const PLAN = right(planOf(SMALL_RECIPE, 8000));

const COSTED: CostedPlan = {
  plan: PLAN,
  costOf: phaseFlops(PLAN),
};

/** Times of a step that something else disturbed. */
const SLOW = { data: 0, gradient: 9000, update: 0, compile: 0, total: 0 };

/** Steps up to one, each as long as the cost model says, but for the first of each phase. */
function stepsUntil(last: number, milliseconds = 100): readonly MetricsLine[] {
  const flops = phaseFlops(PLAN);
  return Array.from({ length: last + 1 }, (_, step) => {
    const phase = phaseAt(PLAN)(step);
    const part = flops(phase) / flops(PLAN.phases[0]);
    const gradient = step === phase.from ? 9000 : milliseconds * part;
    return {
      step,
      epoch: 0,
      phase: phase.index,
      frozenLayers: phase.frozenLayers,
      rates: [],
      unfrozenRate: 0,
      loss: 1,
      stageLosses: {},
      deepestLoss: 1,
      milliseconds: { data: 5, gradient, update: 0, compile: 0, total: 0 },
    };
  });
}

Deno.test("reportedAfter() waits for ten steps or the end of the phase, and has nothing to tell of the first", () => {
  const phase = { ...PLAN.phases[0], index: 1, from: 20 };
  deepStrictEqual(
    [100, 25, 21].map((to) => reportedAfter({ ...phase, to })),
    [30, 24, 20],
  );
  strictEqual(reportedAfter(PLAN.phases[0]), null);
});

Deno.test("freezeMessage() tells what froze and what a step costs, beside the plan", () => {
  const [, , , phase] = PLAN.phases;
  ok(phase !== undefined);
  const steps = stepsUntil(reportedAfter(phase) ?? 0);
  strictEqual(
    freezeMessage(COSTED, phase, steps),
    `step ${phase.from}: block 1 freezes, stage 1 ends; a step takes 74 ms now (74 % of the first phase, predicted 74 %)`,
  );
});

Deno.test("freezeMessage() is not misled by a few slow steps", () => {
  const [, , phase] = PLAN.phases;
  ok(phase !== undefined);
  const steps = stepsUntil(reportedAfter(phase) ?? 0).map((line) =>
    line.step > phase.from + 6 ? { ...line, milliseconds: SLOW } : line
  );
  match(freezeMessage(COSTED, phase, steps), /\(94 % of the first phase, /);
});

Deno.test("freezeMessage() claims no measurement where there is none", () => {
  const [, phase] = PLAN.phases;
  ok(phase !== undefined);
  const short = freezeMessage(COSTED, phase, stepsUntil(phase.from + 1));
  match(short, /a step costs 100 % of the first ones by the plan$/);
  doesNotMatch(short, /ms now/);
  const resumed = stepsUntil(phase.from + 10).slice(phase.from - 2);
  match(freezeMessage(COSTED, phase, resumed), /ms now \(predicted 100 %\)$/);
});

Deno.test("duration() says times as a person does", () => {
  deepStrictEqual([0.4, 59.6, 61, 3725, NaN].map(duration), [
    "0 s",
    "1 min 0 s",
    "1 min 1 s",
    "1 h 2 min",
    "?",
  ]);
});
