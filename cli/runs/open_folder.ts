/** The folder of a run, before its first step. */
import { resolve } from "node:path";
import {
  checkUnlocked,
  createRunFolder,
  describeScheduleChange,
  describeSkipped,
  type KeptCheckpoints,
  refuseOtherRun,
  type RememberedImages,
  resumeRunFolder,
  type RunFolder,
  runFolderAt,
  type Snapshot,
  type TrainError,
  type TrainingIdentity,
  type Witness,
  writeImagesFile,
} from "../../train/mod.ts";
import { type Describe, must } from "../command/command_failed.ts";
import { describeTraining } from "../command/describe_errors.ts";
import type { Settings } from "./settings.ts";

/** Content of a folder that is opened. */
export interface FolderContent {
  readonly run: TrainingIdentity;
  readonly images: RememberedImages;
  /** Start of a new run. */
  readonly start: Snapshot;
  /** Writes further facts of it before it starts. */
  readonly describe?:
    | ((folder: string, say: (line: string) => void) => Promise<void>)
    | undefined;
  readonly kept: KeptCheckpoints;
  readonly say: (line: string) => void;
  /** Shown what was recorded before the start. */
  readonly witness: Witness;
}

/** Reason why a folder cannot be used, with advice. */
const describeRefusal: Describe<TrainError> = (error, names) => {
  const advice = error._tag === "ScheduleDiffers"
    ? "\nto go on under the changed schedule, add --allow-schedule-change"
    : "";
  return `${describeTraining(error, names)}${advice}`;
};

/** The folder of a new run, or of one that goes on. */
async function openedFolder(
  path: string,
  earlier: Settings<unknown>["earlier"],
  { run, start, kept, witness }: FolderContent,
): Promise<RunFolder> {
  if (earlier === null) {
    const folder = await createRunFolder(path, run, start, kept);
    return must(folder, describeTraining);
  }
  const { from, allowScheduleChange } = earlier;
  const options = { allowScheduleChange, witness };
  return must(
    await resumeRunFolder(from, path, run, kept, options),
    describeRefusal,
  );
}

/**
 * Opens the folder of a run, new or not. A checkpoint of the start is in it
 * before the first step, so that there always is one to go on from; a disk that
 * cannot hold one is found out at once.
 */
export async function openFolder(
  path: string,
  { earlier }: Pick<Settings<unknown>, "earlier">,
  content: FolderContent,
): Promise<RunFolder> {
  const { run: { plan }, images, describe, say } = content;
  const folder = await openedFolder(path, earlier, content);
  await describe?.(path, say);
  must(await writeImagesFile(path, images), describeTraining);
  if (folder.checkpointOfStart === null) {
    must(await folder.checkpoint(folder.start), describeTraining);
  }
  describeStart(folder).forEach(say);
  const { start: { step } } = folder;
  say(`folder: ${path}${startWords(step, plan.totalSteps)}`);
  return folder;
}

/**
 * Refuses a folder that another run writes to, or that holds another run, before
 * anything else is done.
 */
export async function checkFolder(
  { outputDir, earlier }: Pick<Settings<unknown>, "outputDir" | "earlier">,
): Promise<void> {
  if (outputDir === null) return;
  must(await checkUnlocked(outputDir), describeTraining);
  const isOwn = earlier !== null &&
    resolve(await runFolderAt(earlier.from)) === resolve(outputDir);
  if (!isOwn) must(await refuseOtherRun(outputDir), describeTraining);
}

/** Notes on the start of a run: checkpoints that were passed over, changes of the schedule. */
const describeStart = (
  { skipped, recordNote, change }: RunFolder,
): readonly string[] => [
  ...recordNote === null ? [] : [`record: ${recordNote}`],
  ...describeSkipped(skipped).map((line) => `skipped: ${line}`),
  ...change === null
    ? []
    : [`schedule: changed as asked for\n${describeScheduleChange(change)}`],
];

/** The start of a run, as a clause. */
function startWords(step: number, totalSteps: number): string {
  if (step === 0) return "";
  return step < totalSteps
    ? `, goes on at step ${step}`
    : `, a run that has taken all of its ${step} steps`;
}
