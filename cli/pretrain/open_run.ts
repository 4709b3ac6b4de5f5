/**
 * Opens everything that a run needs: images, plan, device, folder.
 *
 * @module
 */
import {
  type Backend,
  describeBackendError,
  interruptible,
  selectBackend,
  type SelectOptions,
} from "../../backends/mod.ts";
import {
  describeFaults,
  type FreezePlan,
  left,
  planOf,
  type PretrainConfig,
  type Result,
  right,
  stepsPerEpoch,
} from "../../core/mod.ts";
import {
  type BadImages,
  badImages,
  contentDigest,
  describeDataError,
  type ImageSource,
  imageWorkers,
} from "../../data/mod.ts";
import {
  type BatchSource,
  batchSource,
  type CheckpointPolicy,
  describeTrainError,
  type Loading,
  type LossWatch,
  type Pretraining,
  pretraining,
  type RunFolder,
  runNeeds,
  type TrainError,
  type Witness,
} from "../../train/mod.ts";
import { namedByFlags } from "../flags/faults_by_flags.ts";
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

function tooFewImages(
  { batchSize, accumIter }: PretrainConfig["training"],
  { length, summary }: PretrainImages["train"],
): string | null {
  const needed = batchSize * accumIter;
  return length >= needed
    ? null
    : `images: found ${length} to learn from (${summary}), wanted at least ${needed} for one step (--batch-size × --accum-iter)`;
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
): Promise<Result<string, PlannedRun>> {
  const opened = await imagesOfRun(settings);
  if (opened._tag === "Left") return left(describeDataError(opened.left));
  const images = opened.right;
  const { train } = images;
  const config = fitted(settings, images);
  const few = tooFewImages(config.training, train);
  if (few !== null) return left(few);
  const plan = planOf(config, train.length);
  if (plan._tag === "Left") {
    return left(describeFaults(namedByFlags(plan.left)));
  }
  const initial = await initialOf(values, settings, config, plan.right);
  if (initial._tag === "Left") return initial;
  const undrawable = await drawingFault();
  if (undrawable !== null) return left(undrawable);
  const loading = loadingOf(train, values);
  const batches = batchSource(train, config, loading);
  return batches._tag === "Left" ? left(describeFaults(batches.left)) : right({
    config,
    plan: plan.right,
    images,
    batches: batches.right,
    loading,
    initial: initial.right,
  });
}

/** Why a folder cannot be used, and what could be done about it. */
function refusalOf(error: TrainError): string {
  const advice = error._tag === "ScheduleDiffers"
    ? "\nto go on under the changed schedule, add --allow-schedule-change"
    : "";
  return `${describeTrainError(error)}${advice}`;
}

/** Why images are not those of the run that is to go on, or `null`; says what was mended. */
function otherImages(
  { earlier }: Settings,
  images: RememberedImages,
  train: ImageSource,
  say: (line: string) => void,
): string | null {
  if (earlier === null) return null;
  const { images: before, allowDataChange } = earlier;
  const different = imagesDiffer(images, before, train);
  if (different !== null) return `Cannot go on with that run: ${different}`;
  const other = otherContents(images, before, train);
  if (other !== null && !other.isMended && !allowDataChange) {
    return `Cannot go on with that run: ${other.words}\nto go on with the changed images, add --allow-data-change`;
  }
  if (other !== null) say(`images: changed since: ${other.words}`);
  return null;
}

/** Gives the planned run a folder. */
async function folderFor(
  settings: Settings,
  { config, plan, images: { train }, initial }: PlannedRun,
  policy: CheckpointPolicy,
  { say, witness }: Pick<FolderContent, "say" | "witness">,
): Promise<Result<string, Pick<OpenedRun, "folder" | "checkpoint">>> {
  const images = rememberedImages(settings, train, await contentDigest(train));
  const refusal = otherImages(settings, images, train, say);
  if (refusal !== null) return left(refusal);
  const opened = await openFolder(
    settings.outputDir ?? await newFolder(),
    settings,
    { run: { config, plan }, images, initial, say, witness },
    policy,
  );
  return opened._tag === "Left" ? left(refusalOf(opened.left)) : opened;
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
 * @returns The run, or in words why it cannot begin.
 */
export async function openRun(
  settings: Settings,
  values: PretrainValues,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<Result<string, OpenedRun>> {
  const free = await checkFolder(settings);
  if (free._tag === "Left") return left(describeTrainError(free.left));
  const planned = await planRun(settings, values);
  if (planned._tag === "Left") return planned;
  const { config, plan, images, initial } = planned.right;
  const policy = policyFrom(
    values,
    stepsPerEpoch(config.training, images.train.length),
  );
  const selected = await selectBackend(
    values.backend ?? "auto",
    optionsOf(values, planned.right),
  );
  if (selected._tag === "Left") {
    return left(describeBackendError(selected.left));
  }
  const { backend, why } = selected.right;
  say(`device: ${why}`);
  say(`images: ${images.train.summary}`);
  say(`judge:  ${images.judgedBy}`);
  say(describePlan(plan, config, images.train.length));
  if (initial !== null) {
    say(describeInitialEncoder(initial, images.train.normalization));
  }
  const large = await stepTooLarge(backend, config, plan);
  if (large !== null) return left(large);
  let watch = watchFrom(values, config.model);
  const witness: Witness = () => {
    const anew = watchFrom(values, config.model);
    watch = anew;
    return (line) => void anew.see(line);
  };
  const opened = await folderFor(settings, planned.right, policy, {
    say,
    witness,
  });
  if (opened._tag === "Left") return opened;
  const { start, path } = opened.right.folder;
  describeStart(opened.right.folder).forEach(say);
  say(`folder: ${path}${startMessage(start.step, plan)}`);
  const skipNonFinite = values["skip-non-finite"] ?? 0;
  const run = pretraining({
    ...planned.right,
    backend: interruptible(backend, signal),
    start,
    skipNonFinite,
  });
  const parts = { ...planned.right, ...opened.right };
  return right({ ...parts, backend, run, policy, watch });
}
