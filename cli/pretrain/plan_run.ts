/** The plan of a pre-training: its images, its configuration, and where it starts. */
import { join } from "node:path";
import {
  type FreezePlan,
  phaseFlops,
  planOf,
  type PretrainConfig,
} from "../../core/mod.ts";
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
import { must } from "../command/command_failed.ts";
import type { PretrainImages } from "../images/images.ts";
import { imagesOfRun } from "../images/images_of_run.ts";
import { loadingFrom } from "../images/loading.ts";
import { transparencyWords } from "../images/transparency.ts";
import { waitingFor } from "../output/progress_bar.ts";
import type { PlannedRun } from "../runs/planned_run.ts";
import type { Settings } from "../runs/settings.ts";
import {
  describeInitialEncoder,
  initialOf,
  writeInitReport,
} from "./initial_encoder.ts";
import { refuseTooFew } from "./few_images.ts";
import { describePlan } from "./plan_words.ts";
import type { PretrainValues } from "./pretrain_flags.ts";
import type { PretrainSettings } from "./pretrain_settings.ts";
import { ofChannels } from "./stated.ts";

/** A planned pre-training. */
export interface PlannedPretraining extends PlannedRun, PretrainRun {
  readonly plan: FreezePlan;
  readonly images: PretrainImages;
}

/** The model sees grey images in one channel and others in three, unless a file says otherwise. */
function withChannels(
  { config, earlier }: Settings<PretrainConfig>,
  { config: file }: PretrainValues,
  { train }: PretrainImages,
): PretrainConfig {
  return earlier === null && file === undefined
    ? ofChannels(config, train.normalization.mean.length)
    : config;
}

/** A word on what a run that goes on does not follow. */
const ownLengths = (
  { earlier }: PretrainSettings,
  { minutes, recipe }: PretrainValues,
): readonly string[] =>
  earlier === null || (minutes ?? recipe) === undefined
    ? []
    : [`        as the run began; --minutes and --recipe are for new ones`];

/**
 * Plans a pre-training: everything about it that needs no device.
 *
 * @throws {CommandFailed} where it cannot begin.
 */
export async function planPretraining(
  settings: PretrainSettings,
  values: PretrainValues,
): Promise<PlannedPretraining> {
  const images = await imagesOfRun(settings);
  const { train, validationSummary } = images;
  const config = withChannels(settings, values, images);
  refuseTooFew(config.training, train);
  const plan = must(planOf(config, train.length));
  const initial = await initialOf(values, settings, config, plan);
  const loading = loadingFrom(train.length, values);
  const batches = must(batchSource(train, config, loading));
  return {
    ...{ config, plan, images, train, batches, loading },
    task: pretrainTask({ config, plan }),
    start: initial?.start ?? await waitingFor(
      "drawing the first values",
      () => Promise.resolve(initialSnapshot(config, plan)),
    ),
    losses: stageLosses(config.model),
    costOf: phaseFlops(plan),
    words: [
      `images: ${train.summary}${await transparencyWords(train)}`,
      `judge:  ${validationSummary}`,
      describePlan(plan, config, train.length, settings),
      ...ownLengths(settings, values),
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
