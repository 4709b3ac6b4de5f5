import fc from "fast-check";
import { ok, strictEqual } from "node:assert/strict";
import { gradientBuckets } from "../../../bench/scaling/buckets.ts";
import { planned, STUDIES } from "../../../bench/scaling/study.ts";
import {
  DEFAULT_PRETRAIN_CONFIG,
  phaseFlops,
  sizeOf,
} from "../../../core/mod.ts";
import { gradientBytes, pretrainTask, type Task } from "../../../train/mod.ts";
import { freezePlan } from "../../arbitraries.ts";

const sum = (numbers: readonly number[]): number =>
  numbers.reduce((all, number) => all + number, 0);

Deno.test("gradientBuckets() hold all bytes of a step, the last when its pass ends", () => {
  fc.assert(
    fc.property(freezePlan, (plan) => {
      const { model, freeze, rate } = plan.config;
      const config = { ...DEFAULT_PRETRAIN_CONFIG, model, freeze, rate };
      const task = pretrainTask({ config, plan }) as unknown as Task<unknown>;
      for (const phase of plan.phases) {
        const buckets = gradientBuckets(task, phase);
        const bytes = sum(buckets.map(({ bytes }) => bytes));
        strictEqual(bytes, gradientBytes(task, phase));
        ok(buckets.every(({ ready }) => ready > 0 && ready <= 1));
        strictEqual(buckets.at(-1)?.ready, 1);
      }
    }),
    { numRuns: 20 },
  );
});

Deno.test("gradientBuckets() of ViT-B are there at four times, the fewest bytes last", () => {
  const { task, plan } = planned(STUDIES[0]!);
  for (const phase of plan.phases.slice(0, -1)) {
    const buckets = gradientBuckets(task, phase);
    const segments = [...Map.groupBy(buckets, ({ ready }) => ready)];
    strictEqual(segments.length, 4);
    const bytes = segments.map(([, of]) => sum(of.map(({ bytes }) => bytes)));
    segments.slice(1).forEach(([ready], i) => {
      ok(bytes[i + 1]! < bytes[i]!, `${phase.frozenLayers}: ${bytes}`);
      ok(ready > segments[i]![0]);
    });
  }
});

Deno.test("gradientBuckets() send a large tensor by itself and the small ones of a segment together", () => {
  const { task, plan } = planned(STUDIES[0]!);
  const [phase] = plan.phases;
  const buckets = gradientBuckets(task, phase);
  const large = task.trainable(phase)
    .map(({ shape }) => 4 * sizeOf(shape))
    .filter((bytes) => bytes >= 2 ** 17);
  strictEqual(buckets.length, large.length + 4);
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
