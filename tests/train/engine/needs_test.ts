import { deepStrictEqual } from "node:assert/strict";
import { pretrainTask, runNeeds } from "../../../train/mod.ts";
import { visibleCount } from "../../../core/mod.ts";
import { tinyRun } from "../tiny_run.ts";

Deno.test("runNeeds() is the longest sum of the first phase, and int8 where frozen blocks use it", () => {
  const { config, plan } = tinyRun();
  const { int8, longestSum = 0 } = runNeeds(pretrainTask({ config, plan }));
  const tokens = 1 + visibleCount(config.model);
  deepStrictEqual(int8, false);
  deepStrictEqual(longestSum >= config.training.batchSize * tokens, true);
  const rough = tinyRun({ frozenPrecision: "int8" });
  deepStrictEqual(runNeeds(pretrainTask(rough)), {
    int8: true,
    longestSum,
  });
});
