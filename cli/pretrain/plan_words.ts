/** What a pre-training will do, in words. */
import {
  describeFreezeTimes,
  effectiveBatch,
  type FitReasons,
  type FittedRun,
  type FreezePlan,
  predictedSaving,
  type PretrainConfig,
} from "../../core/mod.ts";
import { counted } from "../../data/mod.ts";
import { latentWords } from "../output/latent_words.ts";
import { cellsNote, describeModel } from "../output/model_words.ts";
import { duration, percent, sameCostWords } from "../output/words.ts";

/** What there is to say of a run that was fitted. */
export type Fit = Pick<FittedRun, "reasons" | "seconds">;

/** Choices that were made for a run. */
export interface Choices {
  /** Why model, batch and length are as they are; `null` where they were given. */
  readonly fit: Fit | null;
  /** Epochs of the unfrozen run that costs as much; `null` where that was not asked for. */
  readonly unfrozenEpochs: number | null;
}

const AS_GIVEN: Choices = { fit: null, unfrozenEpochs: null };

/** What would change each choice of a fit. */
const CHANGED_BY: Readonly<Record<keyof FitReasons, string>> = {
  model: "--model, --image-size, --patch-size",
  batch: "--batch-size, --accum-iter, --lr",
  length: "--minutes, --epochs, --warmup-epochs",
};

/** Why a choice was made and what would change it; nothing where none was. */
const because = (fit: Fit | null, choice: keyof FitReasons): string =>
  fit === null ? "" : `; ${fit.reasons[choice]} (${CHANGED_BY[choice]})`;

/** Time of a run's steps, where some were timed. */
const timeWords = (fit: Fit | null): string =>
  fit !== null && Number.isFinite(fit.seconds)
    ? `, ${duration(fit.seconds)} of steps`
    : "";

function describeFreezing(
  plan: FreezePlan,
  { freeze }: PretrainConfig,
): string {
  const [first, ...others] = plan.layers.filter(({ freezeStep }) =>
    freezeStep < plan.totalSteps
  );
  return first === undefined
    ? "nothing freezes"
    : `${
      1 + others.length
    } of ${plan.layers.length} layers freeze, from step ${first.freezeStep} on (${
      describeFreezeTimes(freeze)
    }); predicted saving ${percent(predictedSaving(plan))}`;
}

/** Part of the images of an epoch that may fill no step without a word about it. */
const MOST_SKIPPED = 0.05;

/** Images of an epoch that fill no step, where they are many. */
function describeSkipped(
  { epochs, batchSize, accumIter }: PretrainConfig["training"],
  { totalSteps }: FreezePlan,
  samples: number,
): readonly string[] {
  const out = samples - totalSteps / epochs * batchSize * accumIter;
  const part = out / samples;
  return part <= MOST_SKIPPED ? [] : [
    `        ${out} of ${samples} images (${
      percent(part, 0)
    }) fill no step and are left out, others in each epoch; a smaller --batch-size or --accum-iter leaves out fewer`,
  ];
}

/** Images of a step, and the micro-batches that it is computed in. */
function describeStep(config: PretrainConfig): string {
  const { batchSize, accumIter } = config.training;
  const images = counted(effectiveBatch(config), "image");
  const parts = accumIter === 1 ? "" : ` in ${accumIter} × ${batchSize}`;
  return `${images} a step${parts}, rate ${
    Number(config.rate.baseRate.toPrecision(3))
  }`;
}

/** How the batch grows. */
function describeGrowth({ phases, config }: FreezePlan): readonly string[] {
  if (config.growBatch === undefined) return [];
  const most = Math.max(...phases.map(({ stepsAtOnce = 1 }) => stepsAtOnce));
  return [
    most === 1
      ? "        it does not grow: no step gets cheaper (--grow-batch)"
      : `        it grows: in the end ${
        most.toFixed(1)
      } steps are taken at once on the average, with the sum of their rates (--grow-batch)`,
  ];
}

/**
 * Says in short what a run will do.
 *
 * @param choices Why it is as it is; by default it was given.
 */
export function describePlan(
  plan: FreezePlan,
  config: PretrainConfig,
  samples: number,
  { fit, unfrozenEpochs }: Choices = AS_GIVEN,
): string {
  const { model, training } = config;
  const { epochs } = training;
  const { totalSteps, warmupSteps } = plan;
  const note = cellsNote(model);
  const latent = latentWords(plan);
  return [
    `model:  ${describeModel(model)}${because(fit, "model")}`,
    ...note === null ? [] : [`        ${note}`],
    `batch:  ${describeStep(config)}${because(fit, "batch")}`,
    ...describeGrowth(plan),
    ...describeSkipped(training, plan, samples),
    `length: ${counted(epochs, "epoch")} × ${
      counted(totalSteps / epochs, "step")
    }, ${counted(warmupSteps, "step")} of warm-up${timeWords(fit)}${
      because(fit, "length")
    }`,
    ...unfrozenEpochs === null ? [] : [
      `        ${sameCostWords(unfrozenEpochs, epochs, predictedSaving(plan))}`,
    ],
    `freeze: ${describeFreezing(plan, config)}`,
    ...latent === null ? [] : [`latent: ${latent}`],
  ].join("\n");
}
