/**
 * What freezing saves of the training of a convolutional network.
 *
 * @module
 */
import { graphFlops } from "../graph/cost.ts";
import { E, pipe } from "../fp.ts";
import type { Faults, Result } from "../result.ts";
import { convNetStepGraph } from "../models/convnet_graph.ts";
import type { ConvNetPlan } from "./convnet_plan.ts";

/**
 * Part of all floating-point operations of a run that freezing saves, counted in the
 * graphs that are really run.
 *
 * @param plan The plan.
 * @returns A part in `[0, 1)`; 0 if nothing freezes.
 *
 * @example FreezeOut's recipe on WRN-40-4
 * ```ts
 * import { convNetPlan, convNetSaving, FREEZEOUT_RECIPE } from "@vitfreeze/vitfreeze/core";
 * import { ok } from "node:assert/strict";
 *
 * const model = { family: "wideResNet", depth: 40, width: 4, imageSize: 32, inChannels: 3, classes: 100 } as const;
 * const plan = convNetPlan({ ...FREEZEOUT_RECIPE, model }, 50_000);
 * if (plan._tag === "Left") throw new Error("impossible");
 * const saving = convNetSaving(plan.right);
 *
 * ok(saving._tag === "Right" && saving.right > 0.1 && saving.right < 0.2);
 * ```
 */
export function convNetSaving(plan: ConvNetPlan): Result<Faults, number> {
  const flopsAt = (firstTrained: number): Result<Faults, number> =>
    pipe(
      convNetStepGraph({ ...plan.config.model, batch: 2, firstTrained }),
      E.map(graphFlops),
    );
  return pipe(
    plan.phases,
    E.traverseArray(({ frozenLayers }) => flopsAt(frozenLayers)),
    E.map((flops) => {
      const done = plan.phases.reduce(
        (sum, { from, to }, i) => sum + (to - from) * (flops[i] ?? NaN),
        0,
      );
      return 1 - done / (plan.totalSteps * (flops[0] ?? NaN));
    }),
  );
}
