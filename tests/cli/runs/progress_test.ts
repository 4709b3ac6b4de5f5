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
  progressOn,
  reportedAfter,
} from "../../../cli/runs/progress.ts";
import { duration } from "../../../cli/output/words.ts";
import type { MetricsLine, StepReport } from "../../../train/mod.ts";
import { heardStream } from "../output/heard_stream.ts";
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
    `step ${phase.from}: block 1 freezes, stage 1 ends; a step takes 75 ms now (75 % of the first phase, predicted 75 %)`,
  );
});

Deno.test("freezeMessage() tells of stages that end by themselves, too", () => {
  const plan = right(planOf({
    ...SMALL_RECIPE,
    curriculum: [
      { time: 0, weights: [1, 1, 1, 1] },
      { time: 0.25, weights: [0, 0, 1, 1] },
    ],
  }, 8000));
  const [, phase] = plan.phases;
  ok(phase !== undefined);
  match(
    freezeMessage({ plan, costOf: phaseFlops(plan) }, phase, []),
    /^step 750: stage 1, 2 end; a step costs 80 % of the first ones/,
  );
});

Deno.test("freezeMessage() is not misled by a few slow steps", () => {
  const [, , phase] = PLAN.phases;
  ok(phase !== undefined);
  const steps = stepsUntil(reportedAfter(phase) ?? 0).map((line) =>
    line.step > phase.from + 6 ? { ...line, milliseconds: SLOW } : line
  );
  match(freezeMessage(COSTED, phase, steps), /\(93 % of the first phase, /);
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

/** The report of a step of a second. */
const reportOf = (step: number): StepReport => ({
  ...{ step, epoch: 0, phase: 0, frozenLayers: 0, liveStages: [0, 1, 2, 3] },
  ...{ rates: [0.5], unfrozenRate: 0.5, images: 8 },
  ...{ loss: 4, stageLosses: { 0: 1, 1: 1, 2: 1.5, 3: 0.5 }, deepestLoss: 0.5 },
  milliseconds: { data: 0, gradient: 1000, update: 0, compile: 0, total: 1000 },
});

Deno.test("progressOn() on a terminal shows the deepest loss, and the micro-batches of a step that takes long", () => {
  const { stream, text } = heardStream(true);
  let now = 0;
  const progress = progressOn(COSTED, stream, 0, undefined, () => now);
  const shown = (): string => {
    const before = text().length;
    // Draws it anew.
    progress.say("");
    return text().slice(before);
  };
  progress.within({ _tag: "Compiling", step: 0 });
  match(shown(), /░{24} 0\/3000 · compiling(?!,)/);
  now = 3000;
  match(shown(), /░{24} 0\/3000 · compiling, 3 s/);
  progress.step(reportOf(1499));
  match(
    shown(),
    /█{12}░{12} 1500\/3000 · loss 0\.5000 of stage 4 · rate 5\.0e-1 · 8\.0 images\/s · stages 1,2,3,4 · \d+ min \d+ s left/,
  );
  progress.within({ _tag: "Computing", step: 1500, done: 3, all: 8 });
  doesNotMatch(shown(), /batch/);
  now = 10_000;
  match(shown(), / left · batch 4 of 8, 7 s/);
  progress.end();
});

Deno.test("progressOn() moves the bar within a step", () => {
  const { stream, text } = heardStream(true);
  const plan = { ...PLAN, totalSteps: 1 };
  const progress = progressOn({ ...COSTED, plan }, stream, 0);
  progress.within({ _tag: "Computing", step: 0, done: 2, all: 4 });
  // Steps that are sent ahead do not move it.
  progress.within({ _tag: "Computing", step: 1, done: 3, all: 4 });
  progress.within({ _tag: "Computing", step: 0, done: 2, all: 4 });
  progress.end();
  match(text(), /█{12}░{12} 0\/1/);
  doesNotMatch(text(), /█{18}/);
});

Deno.test("progressOn() in a file writes no line before anything is known", () => {
  const { stream, text } = heardStream(false);
  let now = 0;
  const progress = progressOn(COSTED, stream, 0, undefined, () => now);
  progress.say("a line");
  now = 1000;
  progress.within({ _tag: "Compiling", step: 0 });
  progress.end();
  strictEqual(text(), "a line\n");
});
