/**
 * The plan of a pre-training: its images, its configuration, and where it starts.
 *
 * @module
 */
import { planOf, type PretrainConfig } from "../../core/mod.ts";
import { batchSource } from "../../train/mod.ts";
import { must, refuse } from "../command/command_failed.ts";
import type { PretrainImages } from "../images/images.ts";
import { imagesOfRun } from "../images/images_of_run.ts";
import { loadingFrom } from "../images/loading.ts";
import { describePlan } from "../output/plan_words.ts";
import type { PlannedRun } from "../runs/open_run.ts";
import type { Settings } from "../runs/settings.ts";
import {
  describeInitialEncoder,
  initialOf,
  writeInitReport,
} from "./initial_encoder.ts";
import type { PretrainValues } from "./pretrain_flags.ts";
import { drawingFault } from "./reconstruction.ts";

/** A planned pre-training. */
export interface PlannedPretraining extends PlannedRun {
  /** Its images. */
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

/**
 * Plans a pre-training: everything about it that needs no device.
 *
 * @param settings What the run is to be.
 * @param values Flags, for what does not determine it.
 * @throws {CommandFailed} where it cannot begin.
 */
export async function planPretraining(
  settings: Settings<PretrainConfig>,
  values: PretrainValues,
): Promise<PlannedPretraining> {
  const images = await imagesOfRun(settings);
  const { train, judgedBy } = images;
  const config = fitted(settings, values, images);
  refuseTooFew(config.training, train);
  const plan = must(planOf(config, train.length));
  const initial = await initialOf(values, settings, config, plan);
  const undrawable = await drawingFault();
  if (undrawable !== null) refuse(undrawable);
  const loading = loadingFrom(train.length, values);
  const batches = must(batchSource(train, config, loading));
  const words = [
    `images: ${train.summary}`,
    `judge:  ${judgedBy}`,
    describePlan(plan, config, train.length),
  ];
  const planned = { config, plan, images, train, batches, loading };
  return initial === null ? { ...planned, start: null, words } : {
    ...planned,
    start: initial.start,
    words: [...words, describeInitialEncoder(initial, train.normalization)],
    describe: (folder) => writeInitReport(folder, initial),
  };
}
