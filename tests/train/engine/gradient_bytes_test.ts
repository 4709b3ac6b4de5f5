import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { DEFAULT_PRETRAIN_CONFIG, planOf, sizeOf } from "../../../core/mod.ts";
import { gradientBytes, pretrainTask } from "../../../train/mod.ts";
import { right } from "../../right.ts";
import { tinyRun } from "../tiny_run.ts";

Deno.test("gradientBytes() are four for each number of the gradients in the step's graph", () => {
  const task = pretrainTask(tinyRun());
  for (const phase of task.plan.phases) {
    const { nodes, outputs } = right(task.stepGraph(phase, 1));
    const losses = new Set(["loss", ...Object.values(task.stageLosses(phase))]);
    const numbers = Object.entries(outputs)
      .filter(([name]) => !losses.has(name))
      .reduce((sum, [, id]) => sum + sizeOf(nodes[id]!.shape), 0);
    strictEqual(gradientBytes(task, phase), 4 * numbers);
  }
});

Deno.test("gradientBytes() of ViT-B fall from 360 MB to 32 MB, at every freeze", () => {
  const config = DEFAULT_PRETRAIN_CONFIG;
  const plan = right(planOf(config, 1_281_167));
  const task = pretrainTask({ config, plan });
  const bytes = plan.phases.map((phase) => gradientBytes(task, phase));
  // The numbers of parameters of the reference.
  deepStrictEqual([bytes[0], bytes.at(-1)], [4 * 89_916_140, 4 * 8_083_739]);
  bytes.slice(1).forEach((now, i) => ok(now < bytes[i]!));
});
