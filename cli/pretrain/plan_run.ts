/** The plan of a pre-training: its images, its configuration, and where it starts. */
import { join } from "node:path";
import {
  describeFreezeTimes,
  type FreezePlan,
  phaseFlops,
  planOf,
  predictedSaving,
  type PretrainConfig,
} from "../../core/mod.ts";
import { counted } from "../../data/mod.ts";
import { planPlot } from "../../plot/mod.ts";
import {
  batchSource,
  describeTrainError,
  initialSnapshot,
  type PretrainRun,
  pretrainTask,
  replaceFile,
  stageLosses,
} from "../../train/mod.ts";
import { must, refuse } from "../command/command_failed.ts";
import type { PretrainImages } from "../images/images.ts";
import { imagesOfRun } from "../images/images_of_run.ts";
import { loadingFrom } from "../images/loading.ts";
import { transparencyWords } from "../images/transparency.ts";
import { cellsNote, describeModel } from "../output/model_words.ts";
import { percent } from "../output/words.ts";
import type { PlannedRun } from "../runs/planned_run.ts";
import type { Settings } from "../runs/settings.ts";
import {
  describeInitialEncoder,
  initialOf,
  writeInitReport,
} from "./initial_encoder.ts";
import type { PretrainValues } from "./pretrain_flags.ts";
import { drawingFault } from "./reconstruction.ts";

/** A planned pre-training. */
export interface PlannedPretraining extends PlannedRun, PretrainRun {
  readonly plan: FreezePlan;
  readonly images: PretrainImages;
}

/** The model sees grey images in one channel and others in three, unless a file says otherwise. */
function fitted(
  { config, earlier }: Settings<PretrainConfig>,
  { config: file }: PretrainValues,
  { train }: PretrainImages,
): PretrainConfig {
  const inChannels = train.normalization.mean.length;
  return earlier === null && file === undefined
    ? { ...config, model: { ...config.model, inChannels } }
    : config;
}

function refuseTooFew(
  { batchSize, accumIter }: PretrainConfig["training"],
  { length, summary }: PretrainImages["train"],
): void {
  const needed = batchSize * accumIter;
  if (length >= needed) return;
  refuse(
    `images: found ${length} to learn from (${summary}), wanted at least ${needed} for one step (--batch-size × --accum-iter)`,
  );
}

function describeFreezing(plan: FreezePlan): string {
  const [first, ...others] = plan.layers.filter(({ freezeStep }) =>
    freezeStep < plan.totalSteps
  );
  return first === undefined
    ? "nothing freezes"
    : `${
      1 + others.length
    } of ${plan.layers.length} layers freeze, from step ${first.freezeStep} on; predicted saving ${
      percent(predictedSaving(plan))
    }`;
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

/** Says in short what a run will do. */
export function describePlan(
  plan: FreezePlan,
  { model, freeze, training }: PretrainConfig,
  samples: number,
): string {
  const { epochs, batchSize, accumIter } = training;
  const note = cellsNote(model);
  return [
    `model:  ${describeModel(model)}`,
    ...note === null ? [] : [`        ${note}`],
    `plan:   ${counted(epochs, "epoch")} × ${
      plan.totalSteps / epochs
    } steps of ${batchSize * accumIter} images, ${
      counted(plan.warmupSteps, "step")
    } of warm-up; ${describeFreezeTimes(freeze)}`,
    ...describeSkipped(training, plan, samples),
    `        ${describeFreezing(plan)}`,
  ].join("\n");
}

/**
 * Plans a pre-training: everything about it that needs no device.
 *
 * @throws {CommandFailed} where it cannot begin.
 */
export async function planPretraining(
  settings: Settings<PretrainConfig>,
  values: PretrainValues,
): Promise<PlannedPretraining> {
  const images = await imagesOfRun(settings);
  const { train, validationSummary } = images;
  const config = fitted(settings, values, images);
  refuseTooFew(config.training, train);
  const plan = must(planOf(config, train.length));
  const initial = await initialOf(values, settings, config, plan);
  const undrawable = await drawingFault();
  if (undrawable !== null) refuse(undrawable);
  const loading = loadingFrom(train.length, values);
  const batches = must(batchSource(train, config, loading));
  return {
    ...{ config, plan, images, train, batches, loading },
    task: pretrainTask({ config, plan }),
    start: initial?.start ?? initialSnapshot(config, plan),
    losses: stageLosses(config.model),
    costOf: phaseFlops(plan),
    words: [
      `images: ${train.summary}${await transparencyWords(train)}`,
      `judge:  ${validationSummary}`,
      describePlan(plan, config, train.length),
      ...initial === null
        ? []
        : [describeInitialEncoder(initial, train.normalization)],
    ],
    describe: async (folder, say) => {
      if (initial !== null) await writeInitReport(folder, initial);
      const drawn = await replaceFile(join(folder, "plan.svg"), planPlot(plan));
      if (drawn._tag === "Left") {
        say(`no plan.svg: ${describeTrainError(drawn.left)}`);
      }
    },
  };
}
