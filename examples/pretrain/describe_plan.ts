/**
 * A plan in three lines.
 *
 * @module
 */
import {
  type FreezePlan,
  predictedSaving,
  type PretrainConfig,
} from "../../core/mod.ts";
import { counted } from "../../data/mod.ts";

function describeFreezing(plan: FreezePlan): string {
  const [first, ...others] = plan.layers.filter(({ freezeStep }) =>
    freezeStep < plan.totalSteps
  );
  return first === undefined
    ? "nothing freezes"
    : `${
      1 + others.length
    } of ${plan.layers.length} layers freeze, from step ${first.freezeStep} on; predicted saving ${
      (100 * predictedSaving(plan)).toFixed(1)
    } %`;
}

/**
 * Says in short what a run will do.
 *
 * @param plan The plan.
 * @param config What it was made from.
 */
export function describePlan(
  plan: FreezePlan,
  { model, freeze, training }: PretrainConfig,
): string {
  const { epochs, batchSize, accumIter } = training;
  return [
    `model:  ${model.depth} blocks of width ${model.embedDim}, ${model.imageSize} px in patches of ${model.patchSize}, ${plan.stages.length} stages`,
    `plan:   ${counted(epochs, "epoch")} × ${
      plan.totalSteps / epochs
    } steps of ${
      batchSize * accumIter
    } images, ${plan.warmupSteps} steps warm-up; ${freeze.scale} t0 ${freeze.t0}`,
    `        ${describeFreezing(plan)}`,
  ].join("\n");
}
