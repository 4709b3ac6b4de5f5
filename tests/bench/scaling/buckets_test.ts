import fc from "fast-check";
import { ok, strictEqual } from "node:assert/strict";
import { gradientBuckets } from "../../../bench/scaling/buckets.ts";
import { planned, STUDIES } from "../../../bench/scaling/study.ts";
import { DEFAULT_PRETRAIN_CONFIG, phaseFlops } from "../../../core/mod.ts";
import { gradientBytes, pretrainTask, type Task } from "../../../train/mod.ts";
import { freezePlan } from "../../arbitraries.ts";

Deno.test("gradientBuckets() hold all bytes of a step, the last when its pass ends", () => {
  fc.assert(
    fc.property(freezePlan, (plan) => {
      const { model, freeze, rate } = plan.config;
      const config = { ...DEFAULT_PRETRAIN_CONFIG, model, freeze, rate };
      const task = pretrainTask({ config, plan }) as unknown as Task<unknown>;
      for (const phase of plan.phases) {
        const buckets = gradientBuckets(task, phase);
        const bytes = buckets.reduce((sum, { bytes }) => sum + bytes, 0);
        strictEqual(bytes, gradientBytes(task, phase));
        ok(buckets.length >= 1 && buckets.length <= 4);
        ok(buckets.every(({ ready }) => ready > 0 && ready <= 1));
        strictEqual(buckets.at(-1)?.ready, 1);
      }
    }),
    { numRuns: 20 },
  );
});

Deno.test("gradientBuckets() of ViT-B are four, the last the smallest", () => {
  const { task, plan } = planned(STUDIES[0]!);
  for (const phase of plan.phases.slice(0, -1)) {
    const buckets = gradientBuckets(task, phase);
    strictEqual(buckets.length, 4);
    buckets.slice(1).forEach(({ bytes, ready }, i) => {
      ok(bytes < buckets[i]!.bytes, `${phase.frozenLayers}: ${bytes}`);
      ok(ready > buckets[i]!.ready);
    });
  }
});

Deno.test("gradientBuckets() are first there after what no gradient can do without", () => {
  // The forward pass of the whole encoder is over before the first gradient.
  const { task, plan } = planned(STUDIES[0]!);
  const flopsOf = phaseFlops(plan);
  const [phase] = plan.phases;
  const forward = flopsOf({ ...phase, frozenLayers: plan.layers.length });
  const [first] = gradientBuckets(task, phase);
  ok(first!.ready > forward / flopsOf(phase));
});
