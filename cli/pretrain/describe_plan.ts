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
import { describeModel, oddGridNote } from "../output/model_words.ts";

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

/** Part of the images of an epoch that may fill no step without being told. */
const MOST_LEFT_OUT = 0.05;

/** Images of an epoch that fill no step, where they are many. */
function describeLeftOut(
  { epochs, batchSize, accumIter }: PretrainConfig["training"],
  { totalSteps }: FreezePlan,
  samples: number,
): readonly string[] {
  const out = samples - totalSteps / epochs * batchSize * accumIter;
  const part = out / samples;
  return part <= MOST_LEFT_OUT ? [] : [
    `        ${out} of ${samples} images (${
      (100 * part).toFixed(0)
    } %) fill no step and are left out, others in each epoch; a smaller --batch-size or --accum-iter leaves out fewer`,
  ];
}

/**
 * Says in short what a run will do.
 *
 * @param plan The plan.
 * @param config What it was made from.
 * @param samples Images of an epoch.
 */
export function describePlan(
  plan: FreezePlan,
  { model, freeze, training }: PretrainConfig,
  samples: number,
): string {
  const { epochs, batchSize, accumIter } = training;
  const note = oddGridNote(model);
  return [
    `model:  ${describeModel(model)}`,
    ...note === null ? [] : [`        ${note}`],
    `plan:   ${counted(epochs, "epoch")} × ${
      plan.totalSteps / epochs
    } steps of ${batchSize * accumIter} images, ${
      counted(plan.warmupSteps, "step")
    } of warm-up; ${freeze.scale} t0 ${freeze.t0}`,
    ...describeLeftOut(training, plan, samples),
    `        ${describeFreezing(plan)}`,
  ].join("\n");
}
