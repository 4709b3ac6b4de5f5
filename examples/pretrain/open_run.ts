/**
 * Opens everything that a run needs: images, plan, device, folder.
 *
 * @module
 */
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import {
  type Backend,
  describeBackendError,
  selectBackend,
} from "../../backends/mod.ts";
import {
  describeFaults,
  type FreezePlan,
  left,
  planOf,
  predictedSaving,
  type PretrainConfig,
  type Result,
  right,
  stepsPerEpoch,
} from "../../core/mod.ts";
import {
  describeDataError,
  type ImageSource,
  loadBatches,
  trainTransform,
} from "../../data/mod.ts";
import {
  type BatchSource,
  createRunFolder,
  describeTrainError,
  type Pretraining,
  pretraining,
  replaceFile,
  resumeRunFolder,
  type RunFolder,
} from "../../train/mod.ts";
import { writePlanPicture } from "./artefacts.ts";
import { openImages, type PretrainImages } from "./images.ts";
import { IMAGES_FILE, type PretrainValues, type Settings } from "./settings.ts";

/** A run with all that it needs. */
export interface OpenedRun {
  /** Everything that determines the run. */
  readonly config: PretrainConfig;
  /** Its plan. */
  readonly plan: FreezePlan;
  /** Its images. */
  readonly images: PretrainImages;
  /** Where it computes. */
  readonly backend: Backend;
  /** Its folder. */
  readonly folder: RunFolder;
  /** The run. */
  readonly run: Pretraining;
  /** Steps between checkpoints. */
  readonly saveEvery: number;
}

/** The first folder `runs/N` that does not exist. */
async function newFolder(): Promise<string> {
  const taken = new Set(await readdir("runs").catch((): string[] => []));
  let n = 1;
  while (taken.has(String(n))) n++;
  return join("runs", String(n));
}

/** The model sees grey images in one channel and others in three, unless a file says otherwise. */
function fitted(
  config: PretrainConfig,
  source: ImageSource,
  values: PretrainValues,
): PretrainConfig {
  if (values.config !== undefined || values.resume !== undefined) return config;
  return {
    ...config,
    model: { ...config.model, inChannels: source.normalization.mean.length },
  };
}

function batchSource(
  source: ImageSource,
  config: PretrainConfig,
): Result<string, BatchSource> {
  const { imageSize, inChannels } = config.model;
  const { seed, batchSize } = config.training;
  const transform = trainTransform({
    imageSize,
    inChannels,
    normalization: source.normalization,
  });
  return transform._tag === "Left"
    ? left(describeFaults(transform.left))
    : right((epoch, fromBatch) =>
      loadBatches({
        source,
        transform: transform.right,
        seed,
        epoch,
        batchSize,
        fromBatch,
      })
    );
}

function describePlan(
  plan: FreezePlan,
  config: PretrainConfig,
  samples: number,
): string {
  const { epochs, batchSize, accumIter } = config.training;
  const { model, freeze } = config;
  const frozen = plan.layers.filter(({ freezeStep }) =>
    freezeStep < plan.totalSteps
  );
  const [first] = frozen;
  return [
    `model:  ${model.depth} blocks of width ${model.embedDim}, ${model.imageSize} px in patches of ${model.patchSize}, ${plan.stages.length} stages`,
    `plan:   ${epochs} epochs × ${
      stepsPerEpoch(config.training, samples)
    } steps of ${
      batchSize * accumIter
    } images, ${plan.warmupSteps} steps warm-up; ${freeze.scale} t0 ${freeze.t0}`,
    first === undefined
      ? "        nothing freezes"
      : `        ${frozen.length} of ${plan.layers.length} layers freeze, from step ${first.freezeStep} on; predicted saving ${
        (100 * predictedSaving(plan)).toFixed(1)
      } %`,
  ].join("\n");
}

async function openFolder(
  settings: Settings,
  values: PretrainValues,
  run: { readonly config: PretrainConfig; readonly plan: FreezePlan },
): Promise<Result<string, RunFolder>> {
  const path = settings.outputDir ?? await newFolder();
  const keep = values.keep ?? 2;
  const folder = settings.checkpoint === null
    ? await createRunFolder(path, run, keep)
    : await resumeRunFolder(settings.checkpoint, path, run, keep);
  if (folder._tag === "Left") return left(describeTrainError(folder.left));
  const { data, limit } = settings;
  await mkdir(path, { recursive: true });
  const written = await replaceFile(
    join(path, IMAGES_FILE),
    JSON.stringify({ data, limit }),
  );
  if (written._tag === "Left") return left(describeTrainError(written.left));
  const drawn = await writePlanPicture(path, run.plan);
  return drawn._tag === "Left" ? left(describeTrainError(drawn.left)) : folder;
}

/**
 * Opens a run: its images, plan, device and folder, in this order, so that the
 * cheap mistakes are found first.
 *
 * @param settings What the run is to be.
 * @param values Flags, for what does not determine it.
 * @param say Prints a line.
 * @returns The run, or in words why it cannot begin.
 */
export async function openRun(
  settings: Settings,
  values: PretrainValues,
  say: (line: string) => void,
): Promise<Result<string, OpenedRun>> {
  const images = await openImages(settings.data, settings.limit);
  if (images._tag === "Left") return left(describeDataError(images.left));
  const { train } = images.right;
  const config = fitted(settings.config, train, values);
  const plan = planOf(config, train.length);
  if (plan._tag === "Left") return left(describeFaults(plan.left));
  const batches = batchSource(train, config);
  if (batches._tag === "Left") return batches;
  const selected = await selectBackend(values.backend ?? "auto");
  if (selected._tag === "Left") {
    return left(describeBackendError(selected.left));
  }
  const { backend, why } = selected.right;
  say(`device: ${backend.device.name}, ${backend.device.description}; ${why}`);
  say(`images: ${train.summary}`);
  say(describePlan(plan.right, config, train.length));
  const folder = await openFolder(settings, values, {
    config,
    plan: plan.right,
  });
  if (folder._tag === "Left") return folder;
  const { start, path } = folder.right;
  say(
    `folder: ${path}${start.step > 0 ? `, goes on at step ${start.step}` : ""}`,
  );
  const run = pretraining({
    config,
    plan: plan.right,
    backend,
    batches: batches.right,
    start,
  });
  const saveEvery = (values["save-every"] ?? 1) *
    stepsPerEpoch(config.training, train.length);
  return right({
    config,
    plan: plan.right,
    images: images.right,
    backend,
    folder: folder.right,
    run,
    saveEvery,
  });
}
