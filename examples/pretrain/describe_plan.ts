/**
 * A plan in a few lines.
 *
 * @module
 */
import {
  type FreezePlan,
  predictedSaving,
  type PretrainConfig,
} from "../../core/mod.ts";
import { counted } from "../../data/mod.ts";
import { describeModel, oddGridNote } from "../model_words.ts";

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
  const note = oddGridNote(model);
  return [
    `model:  ${describeModel(model)}`,
    ...note === null ? [] : [`        ${note}`],
    `plan:   ${counted(epochs, "epoch")} × ${
      plan.totalSteps / epochs
    } steps of ${
      batchSize * accumIter
    } images, ${plan.warmupSteps} steps warm-up; ${freeze.scale} t0 ${freeze.t0}`,
    `        ${describeFreezing(plan)}`,
  ].join("\n");
}
