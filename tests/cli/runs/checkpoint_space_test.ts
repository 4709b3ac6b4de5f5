import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { checkpointSpace } from "../../../cli/runs/checkpoint_space.ts";
import { planOf, sizeOf, SMALL_RECIPE } from "../../../core/mod.ts";
import { orThrow, pretrainTask } from "../../../train/mod.ts";

Deno.test("checkpointSpace() counts all numbers of the first phase, and one checkpoint more than are kept", () => {
  const config = SMALL_RECIPE;
  const plan = orThrow(planOf(config, 10_000));
  const task = pretrainTask({ config, plan });
  const shapes = task.stateShapes(1);
  const numbers = [...shapes.parameters, ...shapes.optimizer]
    .reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const two = checkpointSpace(task, { keepLast: 2, keepAtFreeze: false });
  deepStrictEqual(two, {
    each: 4 * numbers,
    kept: 2,
    most: 12 * numbers,
  });
  const { kept } = checkpointSpace(task, { keepLast: 2, keepAtFreeze: true });
  strictEqual(kept, 2 + plan.phases.length - 1);
});
