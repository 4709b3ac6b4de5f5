import fc from "fast-check";
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  DEFAULT_PRETRAIN_CONFIG,
  phaseMemory,
  planOf,
  trainableCount,
} from "../../../core/mod.ts";
import { freezePlan, optimizerConfig } from "../../arbitraries.ts";
import { right } from "../../right.ts";

Deno.test("phaseMemory() falls from phase to phase", () => {
  fc.assert(fc.property(freezePlan, optimizerConfig, (plan, optimizer) => {
    const memory = plan.phases.map(phaseMemory(plan, optimizer));
    memory.slice(1).forEach((now, i) => {
      const before = memory[i];
      ok(before !== undefined && now.gradientBytes < before.gradientBytes);
      ok(now.optimizerBytes <= before.optimizerBytes);
      ok(now.activationBytes <= before.activationBytes);
    });
  }));
});

Deno.test("trainableCount() of ViT-B begins with all 89,916,140 parameters and ends with the last block and its stage", () => {
  const plan = right(planOf(DEFAULT_PRETRAIN_CONFIG, 1_281_167));
  const counts = plan.phases.map(trainableCount(plan));
  strictEqual(counts[0], 89_916_140);
  strictEqual(counts.at(-1), 7_087_872 + 1_536 + 994_331);
});

Deno.test("phaseMemory() holds two moments for AdamW, one for momentum, none without", () => {
  const plan = right(planOf(DEFAULT_PRETRAIN_CONFIG, 1_281_167));
  const sgd = (momentum: number) =>
    ({ _tag: "Sgd", momentum, weightDecay: 0 }) as const;
  const gradient = 4 * 89_916_140;
  deepStrictEqual(
    [DEFAULT_PRETRAIN_CONFIG.optimizer, sgd(0.9), sgd(0)]
      .map((optimizer) => phaseMemory(plan, optimizer)(plan.phases[0]))
      .map(({ gradientBytes, optimizerBytes }) => [
        gradientBytes,
        optimizerBytes,
      ]),
    [[gradient, 2 * gradient], [gradient, gradient], [gradient, 0]],
  );
});

Deno.test("phaseMemory() keeps the activations of all blocks for a class token that never freezes", () => {
  const freeze = {
    ...DEFAULT_PRETRAIN_CONFIG.freeze,
    classToken: "neverFrozen" as const,
  };
  const plan = right(planOf({ ...DEFAULT_PRETRAIN_CONFIG, freeze }, 1_281_167));
  const memory = plan.phases.map(
    phaseMemory(plan, DEFAULT_PRETRAIN_CONFIG.optimizer),
  );
  const block = 4 * (50 * 768 * (8 + 2 * 4) + 12 * 50 ** 2);
  ok((memory.at(-1)?.activationBytes ?? 0) > 12 * block);
});
