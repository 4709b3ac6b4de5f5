/**
 * The folder of a run, before its first step.
 *
 * @module
 */
import { join, resolve } from "node:path";
import { planPlot } from "../../plot/mod.ts";
import {
  checkUnlocked,
  createRunFolder,
  describeScheduleChange,
  describeSkipped,
  describeTrainError,
  type KeptCheckpoints,
  refuseOtherRun,
  replaceFile,
  resumeRunFolder,
  type RunFolder,
  runFolderAt,
  type RunIdentity,
  type TrainError,
  type Witness,
} from "../../train/mod.ts";
import { type Describe, must } from "../command/command_failed.ts";
import { describeTraining } from "../command/describe_errors.ts";
import { type InitialEncoder, writeInitReport } from "./initial_encoder.ts";
import {
  type RememberedImages,
  writeImagesFile,
} from "../images/images_file.ts";
import type { Settings } from "./settings.ts";

/** A folder in which a run can go on at any time. */
export interface OpenedFolder {
  /** The folder. */
  readonly folder: RunFolder;
  /** Checkpoint of where the run starts. */
  readonly checkpoint: string;
}

/** What a folder is opened for. */
export interface FolderContent {
  /** The run. */
  readonly run: RunIdentity;
  /** Its images. */
  readonly images: RememberedImages;
  /** Where the encoder of a new run is from, if not from the seed. */
  readonly initial: InitialEncoder | null;
  /** Prints a line. */
  readonly say: (line: string) => void;
  /** Told what was recorded before the start. */
  readonly witness: Witness;
}

/** Writes what is known of a run before it starts, and draws its plan, if it can be drawn. */
async function describe(
  { path }: RunFolder,
  { run: { plan }, images, initial, say }: FolderContent,
): Promise<void> {
  if (initial !== null) {
    must(await writeInitReport(path, initial), describeTraining);
  }
  const drawn = await replaceFile(join(path, "plan.svg"), planPlot(plan));
  if (drawn._tag === "Left") {
    say(`no plan.svg: ${describeTrainError(drawn.left)}`);
  }
  must(await writeImagesFile(path, images), describeTraining);
}

/** The folder of a new run, or of one that goes on. */
async function openedFolder(
  path: string,
  { earlier }: Settings,
  { run, witness }: FolderContent,
  kept: KeptCheckpoints,
): Promise<RunFolder> {
  if (earlier === null) {
    return must(await createRunFolder(path, run, kept), describeTraining);
  }
  const { from, allowScheduleChange } = earlier;
  const options = { allowScheduleChange, witness };
  return must(
    await resumeRunFolder(from, path, run, kept, options),
    describeRefusal,
  );
}

/** Why a folder cannot be used, and what could be done about it. */
const describeRefusal: Describe<TrainError> = (error, names) => {
  const advice = error._tag === "ScheduleDiffers"
    ? "\nto go on under the changed schedule, add --allow-schedule-change"
    : "";
  return `${describeTraining(error, names)}${advice}`;
};

/**
 * Opens the folder of a run, new or not. A checkpoint of the start is in it
 * before the first step, so that there always is one to go on from; a disk that
 * cannot hold one is found out at once.
 *
 * @param path The folder.
 * @param settings What the run is to be.
 * @param content What the folder is opened for.
 * @param kept Which checkpoints stay.
 */
export async function openFolder(
  path: string,
  settings: Settings,
  content: FolderContent,
  kept: KeptCheckpoints,
): Promise<OpenedFolder> {
  const opened = await openedFolder(path, settings, content, kept);
  const { initial } = content;
  const folder = initial === null
    ? opened
    : { ...opened, start: initial.start };
  await describe(folder, content);
  const checkpoint = folder.checkpointOfStart ??
    must(await folder.checkpoint(folder.start), describeTraining);
  return { folder, checkpoint };
}

/**
 * Refuses a folder that another run writes to, or that holds another run, before
 * anything else is done.
 *
 * @param settings What the run is to be.
 */
export async function checkFolder(
  { outputDir, earlier }: Pick<Settings, "outputDir" | "earlier">,
): Promise<void> {
  if (outputDir === null) return;
  must(await checkUnlocked(outputDir), describeTraining);
  const isOwn = earlier !== null &&
    resolve(await runFolderAt(earlier.from)) === resolve(outputDir);
  if (!isOwn) must(await refuseOtherRun(outputDir), describeTraining);
}

/** What is said about where a run goes on: what was passed over, what is changed. */
export function describeStart(
  { skipped, recordNote, change }: RunFolder,
): readonly string[] {
  return [
    ...recordNote === null ? [] : [`record: ${recordNote}`],
    ...describeSkipped(skipped).map((line) => `skipped: ${line}`),
    ...change === null
      ? []
      : [`schedule: changed as asked for\n${describeScheduleChange(change)}`],
  ];
}
