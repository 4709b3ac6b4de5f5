/**
 * Where fine-tuning is kept.
 *
 * @module
 */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { newFolder } from "../pretrain/numbered_folders.ts";
import type { TrainingChoice } from "./training_start.ts";

/** The classifier in a folder of its own. */
export const CLASSIFIER_FILE = "classifier.safetensors";

/** Where a training goes on from and is kept. */
export type KeptTraining = Pick<
  TrainingChoice,
  "resume" | "output" | "folder"
>;

/**
 * Where fine-tuning is kept: in the file that is asked for, else where it goes on from,
 * else in the first free folder of `runs/`.
 *
 * @param flags The flags `--output` and `--resume`; the latter may name a folder.
 */
export async function keptTraining(
  { output, resume }: { readonly output?: string; readonly resume?: string },
): Promise<KeptTraining & { readonly output: string }> {
  if (resume !== undefined) {
    const isFolder = await stat(resume).then(
      (found) => found.isDirectory(),
      () => false,
    );
    const file = isFolder ? join(resume, CLASSIFIER_FILE) : resume;
    return output === undefined && isFolder
      ? { resume: file, output: file, folder: resume }
      : { resume: file, output: output ?? file };
  }
  if (output !== undefined) return { resume, output };
  const folder = await newFolder();
  return { resume, output: join(folder, CLASSIFIER_FILE), folder };
}

/** The file of the untrained encoder's classifier beside that of the trained one. */
export const untrainedFile = (output: string): string =>
  output.replace(/(\.safetensors)?$/, "-untrained.safetensors");
