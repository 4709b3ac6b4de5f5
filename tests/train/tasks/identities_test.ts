import { deepStrictEqual, match } from "node:assert/strict";
import { describeFaults, PROBE_RECIPE, probePlan } from "../../../core/mod.ts";
import {
  convNetTask,
  finetuneTask,
  pretrainTask,
  probeTask,
  type TrainingIdentity,
} from "../../../train/mod.ts";
import { identityOf } from "../../../train/tasks/identities.ts";
import { referenceBackend } from "../../../backends/mod.ts";
import { right } from "../../right.ts";
import { tinyRun } from "../tiny_run.ts";
import { inputsOn } from "./tiny_convnet.ts";
import { CONFIG as FINETUNE, runOf } from "./tiny_finetune.ts";

const PROBE = { ...PROBE_RECIPE, width: 4, classes: 3, batchSize: 8 };

const TASKS: readonly TrainingIdentity[] = [
  pretrainTask(tinyRun()),
  finetuneTask(runOf({ ...FINETUNE, emaDecay: 0.9, clipGrad: 1 })),
  convNetTask(inputsOn(referenceBackend())),
  probeTask({ config: PROBE, plan: right(probePlan(PROBE, 20)) }),
];

for (const task of TASKS) {
  Deno.test(`identityOf() finds ${task.task} by its name, its configuration as JSON and its length`, () => {
    const json: unknown = JSON.parse(JSON.stringify(task.config));
    const { totalSteps, phases } = task.plan;
    const found = right(identityOf(task.task, json, totalSteps));
    deepStrictEqual(JSON.parse(JSON.stringify(found.config)), json);
    deepStrictEqual(found.plan, task.plan);
    for (const { to } of phases) {
      deepStrictEqual(found.stateShapes(to), task.stateShapes(to));
    }
  });
}

Deno.test("identityOf() refuses other kinds, other configurations and lengths that are none", () => {
  const reason = (task: string, config: unknown, steps: number) => {
    const found = identityOf(task, config, steps);
    return found._tag === "Left" ? describeFaults(found.left) : "accepted";
  };
  match(
    reason("toString", {}, 1),
    /^task: found "toString", wanted one of pre/,
  );
  for (const { task, config } of TASKS) {
    match(reason(task, null, 12), /found null, wanted/);
    match(reason(task, { ...config as object, extra: 1 }, 12), /no such field/);
    match(reason(task, config, 0.5), /found|wanted/);
  }
});
