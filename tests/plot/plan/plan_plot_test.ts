import fc from "fast-check";
import {
  deepStrictEqual,
  doesNotMatch,
  match,
  ok,
  strictEqual,
} from "node:assert/strict";
import { DEFAULT_PRETRAIN_CONFIG, planOf, rateAt } from "../../../core/mod.ts";
import { planPlot } from "../../../plot/plan/plan_plot.ts";
import { rateCurve } from "../../../plot/plan/rate_curves.ts";
import { stackedSvg } from "../../../plot/svg.ts";
import { freezePlan } from "../../arbitraries.ts";
import { right } from "../../right.ts";

const vitB = right(planOf(DEFAULT_PRETRAIN_CONFIG, 1_281_167));

Deno.test("rateCurve() lies on the schedule, rises in time and ends at 0", () => {
  fc.assert(fc.property(freezePlan, ({ layers }) => {
    for (const { schedule } of layers) {
      const curve = rateCurve(schedule);
      curve.forEach(({ step, rate }) =>
        strictEqual(rate, rateAt(schedule)(step))
      );
      curve.slice(1).forEach(({ step }, i) =>
        ok(step > (curve[i]?.step ?? NaN))
      );
      deepStrictEqual(curve.at(-1), { step: schedule.until, rate: 0 });
    }
  }));
});

Deno.test("rateCurve() shows the jump at the end of the warm-up", () => {
  const rate = { ...DEFAULT_PRETRAIN_CONFIG.rate, warmup: "shared" as const };
  const plan = right(planOf({ ...DEFAULT_PRETRAIN_CONFIG, rate }, 1_281_167));
  const [first] = plan.layers;
  ok(first !== undefined);
  const steps = rateCurve(first.schedule).map(({ step }) => step);
  ok(steps.includes(plan.warmupSteps - 1) && steps.includes(plan.warmupSteps));
});

Deno.test("planPlot() draws any plan without a number that is none", () => {
  fc.assert(
    fc.property(freezePlan, (plan) => {
      const svg = planPlot(plan);
      match(svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
      doesNotMatch(svg, /NaN|Infinity|undefined/);
    }),
    { numRuns: 15 },
  );
});

Deno.test("planPlot() names every layer, its end and the stages that are pruned", () => {
  const svg = planPlot(vitB);
  for (const { name } of vitB.layers) {
    match(svg, new RegExp(`>${name.replace("_", " ")}<`));
  }
  for (const words of ["51.2 %", "taps stage 2 · 65.1 %", "− stage 3"]) {
    ok(svg.includes(words), words);
  }
  doesNotMatch(svg, /− stage 4/);
});

Deno.test("planPlot() counts time in epochs if it knows them", () => {
  match(planPlot(vitB, { stepsPerEpoch: 625 }), /Epoch →/);
  match(planPlot(vitB), /Optimizer step →/);
});

Deno.test("stackedSvg() is as high as its panels together", () => {
  const svg = stackedSvg(100, [
    { height: 20, svg: "<a/>" },
    { height: 30, svg: "<b/>" },
  ]);
  match(svg, /width="100" height="50"/);
  match(svg, /translate\(0 20\)"><b\/>/);
});
