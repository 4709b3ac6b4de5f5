/**
 * The folder of a run, before its first step.
 *
 * @module
 */
import { join, resolve } from "node:path";
import { type Result, right } from "../../core/mod.ts";
import { planPlot } from "../../plot/mod.ts";
import {
  createRunFolder,
  replaceFile,
  resumeRunFolder,
  type RunFolder,
  runFolderOf,
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

/**
 * Opens the folder of a run, new or not. A checkpoint of the start is in it
 * before the first step, so that there always is one to go on from; a disk that
 * cannot hold one is found out at once.
 *
 * @param path The folder.
 * @param settings What the run is to be.
 * @param run The run.
 * @param images Its images.
 * @param keep How many checkpoints to keep.
 * @param initial Where the encoder of a new run is from, if not from the seed.
 */
export async function openFolder(
  path: string,
  { earlier }: Settings,
  run: RunIdentity,
  images: RememberedImages,
  keep: number,
  initial: InitialEncoder | null,
): Promise<Result<TrainError, OpenedFolder>> {
  const opened = earlier === null
    ? await createRunFolder(path, run, keep)
    : await resumeRunFolder(earlier.checkpoint, path, run, keep);
  if (opened._tag === "Left") return opened;
  const folder = initial === null
    ? opened.right
    : { ...opened.right, start: initial.start };
  const described = await describe(folder, run, images, initial);
  if (described._tag === "Left") return described;
  const isThere = earlier !== null &&
    resolve(runFolderOf(earlier.checkpoint)) === resolve(path);
  const checkpoint = isThere
    ? right(earlier.checkpoint)
    : await folder.checkpoint(folder.start);
  return checkpoint._tag === "Left"
    ? checkpoint
    : right({ folder, checkpoint: checkpoint.right });
}
