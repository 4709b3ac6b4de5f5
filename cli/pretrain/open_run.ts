/**
 * Opens everything that a run needs: images, plan, device, folder.
 *
 * @module
 */
import {
  type Backend,
  interruptible,
  selectBackend,
  type SelectOptions,
} from "../../backends/mod.ts";
import {
  type FreezePlan,
  planOf,
  type PretrainConfig,
  stepsPerEpoch,
} from "../../core/mod.ts";
import {
  type BadImages,
  badImages,
  contentDigest,
  type ImageSource,
  imageWorkers,
} from "../../data/mod.ts";
import {
  type BatchSource,
  batchSource,
  type CheckpointPolicy,
  type Loading,
  type LossWatch,
  type Pretraining,
  pretraining,
  type RunFolder,
  runNeeds,
  type Witness,
} from "../../train/mod.ts";
import { must, refuse } from "../command/command_failed.ts";
import { describeDevice, describeImages } from "../command/describe_errors.ts";
import { describePlan } from "./describe_plan.ts";
import { watchFrom } from "./health_flags.ts";
import { imagesOfRun } from "./earlier_images.ts";
import type { PretrainImages } from "../images/images.ts";
import {
  describeInitialEncoder,
  type InitialEncoder,
  initialOf,
} from "./initial_encoder.ts";
import {
  imagesDiffer,
  otherContents,
  type RememberedImages,
  rememberedImages,
} from "../images/images_file.ts";
import { newFolder } from "./numbered_folders.ts";
import {
  checkFolder,
  describeStart,
  type FolderContent,
  openFolder,
} from "./open_folder.ts";
import { DEFAULT_WORKERS, type PretrainValues } from "./pretrain_flags.ts";
import { drawingFault } from "./reconstruction.ts";
import { policyFrom } from "./save_flags.ts";
import type { Settings } from "./settings.ts";
import { stepTooLarge } from "./step_size.ts";

/** How the images of a run are loaded. */
export interface RunLoading extends Loading {
  /** Images that were skipped. */
  readonly badImages: BadImages;
}

/** What a run will do and with which images. */
export interface PlannedRun {
  /** Everything that determines the run. */
  readonly config: PretrainConfig;
  /** Its plan. */
  readonly plan: FreezePlan;
  /** Its images. */
  readonly images: PretrainImages;
  /** Where its batches come from. */
  readonly batches: BatchSource;
  /** How images are loaded, and the list of those that could not be. */
  readonly loading: RunLoading;
  /** Where the encoder of a new run is from, if not from the seed. */
  readonly initial: InitialEncoder | null;
}

/** A run with all that it needs. */
export interface OpenedRun extends PlannedRun {
  /** Where it computes. */
  readonly backend: Backend;
  /** Its folder. */
  readonly folder: RunFolder;
  /** Checkpoint of where it starts. */
  readonly checkpoint: string;
  /** The run. */
  readonly run: Pretraining;
  /** When it is saved. */
  readonly policy: CheckpointPolicy;
  /** Tells when its losses have exploded. */
  readonly watch: LossWatch;
}

/** The model sees grey images in one channel and others in three, unless a file says otherwise. */
function fitted(
  { config, channelsOfImages }: Settings,
  { train }: PretrainImages,
): PretrainConfig {
  const inChannels = train.normalization.mean.length;
  return channelsOfImages
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

/** How images are loaded, and the list of bad ones. */
function loadingOf(
  { length }: ImageSource,
  values: PretrainValues,
): RunLoading {
  const count = values.workers ?? DEFAULT_WORKERS;
  return {
    badImages: badImages(length),
    onBadImage: values["on-bad-image"],
    workers: count === 0 ? undefined : imageWorkers(count),
  };
}

/** Everything about a run that needs no device. */
async function planRun(
  settings: Settings,
  values: PretrainValues,
): Promise<PlannedRun> {
  const images = must(await imagesOfRun(settings), describeImages);
  const { train } = images;
  const config = fitted(settings, images);
  refuseTooFew(config.training, train);
  const plan = must(planOf(config, train.length));
  const initial = await initialOf(values, settings, config, plan);
  const undrawable = await drawingFault();
  if (undrawable !== null) refuse(undrawable);
  const loading = loadingOf(train, values);
  const batches = must(batchSource(train, config, loading));
  return { config, plan, images, batches, loading, initial };
}

/** Refuses images that are not those of the run that is to go on; says what was mended. */
function refuseOther(
  { earlier }: Settings,
  images: RememberedImages,
  train: ImageSource,
  say: (line: string) => void,
): void {
  if (earlier === null) return;
  const { images: before, allowDataChange } = earlier;
  const different = imagesDiffer(images, before, train);
  if (different !== null) refuse(`Cannot go on with that run: ${different}`);
  const other = otherContents(images, before, train);
  if (other === null) return;
  if (!other.isMended && !allowDataChange) {
    refuse(
      `Cannot go on with that run: ${other.words}\nto go on with the changed images, add --allow-data-change`,
    );
  }
  say(`images: changed since: ${other.words}`);
}

/** Gives the planned run a folder. */
async function folderFor(
  settings: Settings,
  { config, plan, images: { train }, initial }: PlannedRun,
  policy: CheckpointPolicy,
  { say, witness }: Pick<FolderContent, "say" | "witness">,
): Promise<Pick<OpenedRun, "folder" | "checkpoint">> {
  const images = rememberedImages(settings, train, await contentDigest(train));
  refuseOther(settings, images, train, say);
  return await openFolder(
    settings.outputDir ?? await newFolder(),
    settings,
    { run: { config, plan }, images, initial, say, witness },
    policy,
  );
}

const optionsOf = (
  { threads }: PretrainValues,
  { config, plan }: Pick<PlannedRun, "config" | "plan">,
): SelectOptions => ({
  ...threads === undefined ? {} : { threads },
  ...runNeeds(config, plan),
});

/** Where a run goes on, as a clause. */
function startMessage(step: number, { totalSteps }: FreezePlan): string {
  if (step === 0) return "";
  return step < totalSteps
    ? `, goes on at step ${step}`
    : `, a run that has taken all of its ${step} steps`;
}

/**
 * Opens a run: its images, plan, device and folder, in this order, so that the
 * cheap mistakes are found first.
 *
 * @param settings What the run is to be.
 * @param values Flags, for what does not determine it.
 * @param say Prints a line.
 * @param signal Ends a step that is under way.
 * @returns The run.
 * @throws {CommandFailed} where it cannot begin.
 */
export async function openRun(
  settings: Settings,
  values: PretrainValues,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<OpenedRun> {
  await checkFolder(settings);
  const planned = await planRun(settings, values);
  const { config, plan, images, initial } = planned;
  const policy = policyFrom(
    values,
    stepsPerEpoch(config.training, images.train.length),
  );
  const selected = await selectBackend(
    values.backend ?? "auto",
    optionsOf(values, planned),
  );
  const { backend, why } = must(selected, describeDevice);
  say(`device: ${why}`);
  say(`images: ${images.train.summary}`);
  say(`judge:  ${images.judgedBy}`);
  say(describePlan(plan, config, images.train.length));
  if (initial !== null) {
    say(describeInitialEncoder(initial, images.train.normalization));
  }
  const large = await stepTooLarge(backend, config, plan);
  if (large !== null) refuse(large);
  let watch = watchFrom(values, config.model);
  const witness: Witness = () => {
    const anew = watchFrom(values, config.model);
    watch = anew;
    return (line) => void anew.see(line);
  };
  const opened = await folderFor(settings, planned, policy, { say, witness });
  const { start, path } = opened.folder;
  describeStart(opened.folder).forEach(say);
  say(`folder: ${path}${startMessage(start.step, plan)}`);
  const skipNonFinite = values["skip-non-finite"] ?? 0;
  const run = pretraining({
    ...planned,
    backend: interruptible(backend, signal),
    start,
    skipNonFinite,
  });
  return { ...planned, ...opened, backend, run, policy, watch };
}
