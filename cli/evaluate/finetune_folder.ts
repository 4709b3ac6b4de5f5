/**
 * Where fine-tuning is kept.
 *
 * @module
 */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { left, type Result, right } from "../../core/mod.ts";
import { newFolder } from "../runs/choose_run.ts";
import type { TrainingChoice } from "./training_start.ts";

/** The classifier in a folder of its own. */
export const CLASSIFIER_FILE = "classifier.safetensors";

/** Where a training goes on from and is kept. */
export interface KeptTraining
  extends Pick<TrainingChoice, "resume" | "folder"> {
  /** The file that is written after every epoch. */
  readonly output: string;
}

/** Flags that say it. */
interface KeepingFlags {
  readonly "output"?: string;
  readonly "output-dir"?: string;
  readonly "resume"?: string;
}

const isKind = (
  path: string,
  kind: "isDirectory" | "isFile",
): Promise<boolean> => stat(path).then((found) => found[kind](), () => false);

/** A training that begins. */
async function begun(
  { output, "output-dir": asked }: KeepingFlags,
): Promise<Result<string, KeptTraining>> {
  const resume = undefined;
  if (output !== undefined) return right({ resume, output });
  const folder = asked ?? await newFolder();
  const file = join(folder, CLASSIFIER_FILE);
  return await isKind(file, "isFile")
    ? left(
      `--output-dir: ${folder} holds a classifier; go on with --resume ${folder}, or give another folder`,
    )
    : right({ resume, output: file, folder });
}

/**
 * Where fine-tuning is kept: in the file or folder that is asked for, else where it goes
 * on from, else in the first free folder of `runs/`.
 *
 * @param flags The flags; `--resume` names a folder or a file.
 * @returns The place, or in words why it cannot be that.
 */
export async function keptTraining(
  flags: KeepingFlags,
): Promise<Result<string, KeptTraining>> {
  const { output, "output-dir": folder, resume } = flags;
  if (output !== undefined && folder !== undefined) {
    return left("--output: found beside --output-dir, wanted one of them");
  }
  if (resume === undefined) return await begun(flags);
  const isFolder = await isKind(resume, "isDirectory");
  const file = isFolder ? join(resume, CLASSIFIER_FILE) : resume;
  if (output !== undefined) return right({ resume: file, output });
  const own = folder ?? (isFolder ? resume : undefined);
  return right(
    own === undefined
      ? { resume: file, output: file }
      : { resume: file, output: join(own, CLASSIFIER_FILE), folder: own },
  );
}

/** The file of the untrained encoder's classifier beside that of the trained one. */
export const untrainedFile = (output: string): string =>
  output.replace(/(\.safetensors)?$/, "-untrained.safetensors");
