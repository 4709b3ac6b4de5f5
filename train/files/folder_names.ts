/**
 * What lies in a folder that may not be there.
 *
 * @module
 */
import { readdir } from "node:fs/promises";
import { type Result, right } from "../../core/mod.ts";
import { fileResult } from "./atomic_file.ts";
import { isMissing } from "./is_missing.ts";
import type { TrainError } from "../train_error.ts";

/**
 * Names in a folder.
 *
 * @param path The folder.
 * @returns Its names, none if it is not there; or why it cannot be read: then nobody
 * knows whether something is in it that must not be overwritten.
 */
export async function folderNames(
  path: string,
): Promise<Result<TrainError, readonly string[]>> {
  try {
    return right(await readdir(path));
  } catch (thrown) {
    return isMissing(thrown)
      ? right([])
      : await fileResult(path, () => Promise.reject(thrown));
  }
}
