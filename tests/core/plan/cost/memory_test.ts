import fc from "fast-check";
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  DEFAULT_PRETRAIN_CONFIG,
  type FreezePlan,
  type OptimizerConfig,
  phaseMemory,
  planOf,
  type StepMemory,
} from "../../../../core/mod.ts";
import { freezePlan, optimizerConfig } from "../../../arbitraries.ts";
import { right } from "../../../right.ts";

const memories = (
  plan: FreezePlan,
  optimizer: OptimizerConfig = DEFAULT_PRETRAIN_CONFIG.optimizer,
): readonly StepMemory[] =>
  plan.phases.map((phase) => right(phaseMemory(plan, optimizer)(phase)));

Deno.test("phaseMemory() falls from phase to phase", () => {
  fc.assert(
    fc.property(freezePlan, optimizerConfig, (plan, optimizer) => {
      const memory = memories(plan, optimizer);
      memory.slice(1).forEach((now, i) => {
        const before = memory[i];
        ok(before !== undefined && now.gradients < before.gradients);
        ok(now.optimizer < before.optimizer);
        ok(now.activations <= before.activations);
        strictEqual(now.parameters, before.parameters);
      });
    }),
    { numRuns: 30 },
  );
});

/** Gradients without the losses of the stages and their sum. */
const gradientBytes = (plan: FreezePlan): readonly number[] =>
  memories(plan).map(({ gradients }, i) =>
    gradients - 4 * (1 + (plan.phases[i]?.liveStages.length ?? NaN))
  );

Deno.test("phaseMemory() of ViT-B begins with the gradients of all 89,916,140 parameters and ends with the last block and its stage", () => {
  const plan = right(planOf(DEFAULT_PRETRAIN_CONFIG, 1_281_167));
  const bytes = gradientBytes(plan);
  strictEqual(bytes[0], 4 * 89_916_140);
  strictEqual(bytes.at(-1), 4 * (7_087_872 + 1_536 + 994_331));
});

Deno.test("phaseMemory() holds two moments for AdamW and one for descent, also without momentum: its state is kept", () => {
  const plan = right(planOf(DEFAULT_PRETRAIN_CONFIG, 1_281_167));
  const sgd = (momentum: number) =>
    ({ _tag: "Sgd", momentum, weightDecay: 0 }) as const;
  const all = 4 * 89_916_140;
  deepStrictEqual(
    [DEFAULT_PRETRAIN_CONFIG.optimizer, sgd(0.9), sgd(0)].map((optimizer) =>
      right(phaseMemory(plan, optimizer)(plan.phases[0])).optimizer
    ),
    [2 * all, all, all],
  );
});

Deno.test("phaseMemory() keeps the activations of all blocks for a class token that never freezes", () => {
  const lastOf = (classToken: "neverFrozen" | "withLayer0"): number => {
    const freeze = { ...DEFAULT_PRETRAIN_CONFIG.freeze, classToken };
    const config = { ...DEFAULT_PRETRAIN_CONFIG, freeze };
    const memory = memories(right(planOf(config, 1_281_167)));
    return memory.at(-1)?.activations ?? NaN;
  };
  // What each of the eleven frozen blocks keeps: at least q, k and v, attention weights
  // and hidden units.
  const kept = 4 * (50 * 768 * (3 + 4) + 12 * 50 ** 2);
  ok(lastOf("neverFrozen") > lastOf("withLayer0") + 11 * kept);
});
