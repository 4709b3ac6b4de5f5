import { ok, strictEqual } from "node:assert/strict";
import {
  type FreezePlan,
  MODEL_PRESETS,
  parameterSpecs,
  type Phase,
  type PretrainConfig,
  sizeOf,
  type StepMemory,
} from "../../../core/mod.ts";
import { pretrainTask, trainingMemory } from "../../../train/mod.ts";
import { right } from "../../right.ts";
import { tinyRun } from "../tiny_run.ts";

const { config, plan } = tinyRun();

const memoryOf = (
  config: PretrainConfig,
  plan: FreezePlan,
  phase: Phase,
): StepMemory => right(trainingMemory(pretrainTask({ config, plan }), phase));

const memories: readonly StepMemory[] = plan.phases.map((phase) =>
  memoryOf(config, plan, phase)
);

Deno.test("trainingMemory() falls from phase to phase in all that training adds", () => {
  memories.slice(1).forEach((memory, i) => {
    const before = memories[i]!;
    strictEqual(memory.parameters, before.parameters);
    strictEqual(memory.batch, before.batch);
    for (const part of ["optimizer", "gradients", "activations"] as const) {
      ok(memory[part] < before[part], `${part} of phase ${i + 1}`);
    }
  });
});

Deno.test("trainingMemory() counts float32 numbers of parameters, moments and gradients", () => {
  const [first] = memories;
  const bytes = 4 *
    parameterSpecs(config.model).reduce(
      (sum, { shape }) => sum + sizeOf(shape),
      0,
    );
  strictEqual(first?.parameters, bytes);
  strictEqual(first?.optimizer, 2 * bytes);
  // The losses of the stages and their sum are outputs too.
  strictEqual(first?.gradients, bytes + 4 * (plan.stages.length + 1));
});

Deno.test("trainingMemory() holds two sets of gradients where micro-batches are added up", () => {
  const training = { ...config.training, accumIter: 2 };
  const [phase] = plan.phases;
  const two = memoryOf({ ...config, training }, plan, phase!);
  strictEqual(two.gradients, 2 * (memories[0]?.gradients ?? NaN));
  strictEqual(two.activations, memories[0]?.activations);
});

Deno.test("trainingMemory() of a sample more adds its activations and images only", () => {
  const larger = (batchSize: number) =>
    memoryOf(
      {
        ...config,
        model: MODEL_PRESETS.nano,
        training: { ...config.training, batchSize },
      },
      plan,
      plan.phases[0]!,
    );
  const [one, two, three] = [larger(1), larger(2), larger(3)];
  strictEqual(two.optimizer, one.optimizer);
  strictEqual(three.batch - two.batch, two.batch - one.batch);
  ok(three.activations > two.activations);
});

Deno.test("trainingMemory() is less at any one time than all of it together, and at least what stays", () => {
  for (const { parameters, optimizer, batch, total, peak } of memories) {
    ok(peak < total);
    ok(peak > parameters + optimizer + batch);
  }
});
