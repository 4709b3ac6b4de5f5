/**
 * The folder of a run, before its first step.
 *
 * @module
 */
import { join, resolve } from "node:path";
import { type Result, right } from "../../core/mod.ts";
import { planPlot } from "../../plot/mod.ts";
import {
  checkUnlocked,
  createRunFolder,
  describeScheduleChange,
  describeSkipped,
  type KeptCheckpoints,
  refuseOtherRun,
  replaceFile,
  resumeRunFolder,
  type RunFolder,
  runFolderAt,
  type RunIdentity,
  type TrainError,
} from "../../train/mod.ts";
import { type InitialEncoder, writeInitReport } from "./initial_encoder.ts";
import { type RememberedImages, writeImagesFile } from "./images_file.ts";
import type { Settings } from "./settings.ts";

/** A folder in which a run can go on at any time. */
export interface OpenedFolder {
  /** The folder. */
  readonly folder: RunFolder;
  /** Checkpoint of where the run starts. */
  readonly checkpoint: string;
}

/** Writes what is known of a run before it starts, and draws its plan. */
async function describe(
  { path }: RunFolder,
  { plan }: RunIdentity,
  images: RememberedImages,
  initial: InitialEncoder | null,
): Promise<Result<TrainError, void>> {
  const reported = initial === null
    ? right(undefined)
    : await writeInitReport(path, initial);
  if (reported._tag === "Left") return reported;
  const written = await writeImagesFile(path, images);
  return written._tag === "Left"
    ? written
    : replaceFile(join(path, "plan.svg"), planPlot(plan));
}

/** The folder of a new run, or of one that goes on. */
function openedFolder(
  path: string,
  { earlier }: Settings,
  run: RunIdentity,
  kept: KeptCheckpoints,
): Promise<Result<TrainError, RunFolder>> {
  if (earlier === null) return createRunFolder(path, run, kept);
  const { from, allowScheduleChange } = earlier;
  return resumeRunFolder(from, path, run, kept, { allowScheduleChange });
}

/**
 * Opens the folder of a run, new or not. A checkpoint of the start is in it
 * before the first step, so that there always is one to go on from; a disk that
 * cannot hold one is found out at once.
 *
 * @param path The folder.
 * @param settings What the run is to be.
 * @param run The run.
 * @param images Its images.
 * @param kept Which checkpoints stay.
 * @param initial Where the encoder of a new run is from, if not from the seed.
 */
export async function openFolder(
  path: string,
  settings: Settings,
  run: RunIdentity,
  images: RememberedImages,
  kept: KeptCheckpoints,
  initial: InitialEncoder | null,
): Promise<Result<TrainError, OpenedFolder>> {
  const opened = await openedFolder(path, settings, run, kept);
  if (opened._tag === "Left") return opened;
  const folder = initial === null
    ? opened.right
    : { ...opened.right, start: initial.start };
  const described = await describe(folder, run, images, initial);
  if (described._tag === "Left") return described;
  const checkpoint = folder.checkpointOfStart === null
    ? await folder.checkpoint(folder.start)
    : right(folder.checkpointOfStart);
  return checkpoint._tag === "Left"
    ? checkpoint
    : right({ folder, checkpoint: checkpoint.right });
}

/**
 * Refuses a folder that another run writes to, or that holds another run, before
 * anything else is done.
 *
 * @param settings What the run is to be.
 */
export async function checkFolder(
  { outputDir, earlier }: Pick<Settings, "outputDir" | "earlier">,
): Promise<Result<TrainError, void>> {
  if (outputDir === null) return right(undefined);
  const free = await checkUnlocked(outputDir);
  const isOwn = earlier !== null &&
    resolve(await runFolderAt(earlier.from)) === resolve(outputDir);
  return free._tag === "Left" || isOwn ? free : await refuseOtherRun(outputDir);
}

/** What is said about where a run goes on: what was passed over, what is changed. */
export function describeStart(
  { skipped, change }: RunFolder,
): readonly string[] {
  return [
    ...describeSkipped(skipped).map((line) => `skipped: ${line}`),
    ...change === null
      ? []
      : [`schedule: changed as asked for\n${describeScheduleChange(change)}`],
  ];
}
