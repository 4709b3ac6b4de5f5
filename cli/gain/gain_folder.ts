/** The folder of what was found: a page, JSON and pictures. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import {
  fileResult,
  readImagesFile,
  replaceFile,
  runFolderAt,
} from "../../train/mod.ts";
import { EXIT, must } from "../command/command_failed.ts";
import { describeTraining } from "../command/describe_errors.ts";
import { checkWritable } from "../evaluate/output_file.ts";
import type { GainValues } from "./gain_flags.ts";

/** Names of the folder where none is given. */
type FolderName = "evaluation" | "segmentation";

/** Names of the two files that are always written. */
export const PAGE_FILE = "evaluation.html";
export const JSON_FILE = "evaluation.json";

/** Where what is found is written: as flags say, else into the encoder's run, else here. */
export async function gainFolder(
  path: string,
  { "output-dir": given }: Pick<GainValues, "output-dir">,
  name: FolderName = "evaluation",
): Promise<string> {
  if (given !== undefined) return given;
  const run = await runFolderAt(path);
  const isRun = (await readImagesFile(run))._tag === "Right";
  return isRun ? join(run, name) : name;
}

/**
 * Makes the folder, for a refusal before work that would be in vain.
 *
 * @throws {CommandFailed} where nothing could be written there.
 */
export async function readyFolder(
  folder: string,
  page: string = PAGE_FILE,
): Promise<void> {
  const made = await fileResult(folder, async () => {
    await mkdir(folder, { recursive: true });
  });
  must(made, describeTraining);
  must(await checkWritable(join(folder, page)), describeTraining);
}

/**
 * Writes files into the folder; those of before are replaced.
 *
 * @returns Their paths.
 */
export async function writeFiles(
  folder: string,
  files: Readonly<Record<string, string>>,
): Promise<readonly string[]> {
  const paths: string[] = [];
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name);
    must(await replaceFile(path, text), describeTraining, EXIT.failed);
    paths.push(path);
  }
  return paths;
}
