/**
 * Writing an encoder for other programs.
 *
 * @module
 */
import { mkdir, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describeFaults, left, type Result, right } from "../../core/mod.ts";
import { fileResult } from "../files/file_result.ts";
import { replaceFile } from "../files/atomic_file.ts";
import type { TrainError } from "../train_error.ts";
import { type EncoderExport, encoderFiles } from "./encoder_files.ts";

/** A folder that nothing is in, made if it does not exist. */
async function emptyFolder(path: string): Promise<Result<TrainError, void>> {
  const made = await fileResult(path, () => mkdir(path, { recursive: true }));
  if (made._tag === "Left") return made;
  const entries = await fileResult(path, () => readdir(path));
  if (entries._tag === "Left") return entries;
  const reason = `it holds ${entries.right[0]}; choose a folder without files`;
  return entries.right.length === 0
    ? right(undefined)
    : left({ _tag: "FileFailed", path, reason });
}

/**
 * Writes the files of a model repository, see `encoderFiles`.
 *
 * @param folder Where they go; made if missing, refused if anything is in it.
 * @param encoder The encoder.
 * @returns Paths of the files in the folder, or why there are none.
 */
export async function exportEncoder(
  folder: string,
  encoder: EncoderExport,
): Promise<Result<TrainError, readonly string[]>> {
  const files = encoderFiles(encoder);
  if (files._tag === "Left") {
    const reason = describeFaults(files.left);
    return left({ _tag: "FileFailed", path: folder, reason });
  }
  const empty = await emptyFolder(folder);
  if (empty._tag === "Left") return empty;
  for (const [name, content] of files.right) {
    const path = join(folder, name);
    const made = await fileResult(
      path,
      () => mkdir(dirname(path), { recursive: true }),
    );
    if (made._tag === "Left") return made;
    const written = await replaceFile(path, content);
    if (written._tag === "Left") return written;
  }
  return right([...files.right.keys()]);
}
