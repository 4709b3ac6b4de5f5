/**
 * Whether results can be kept.
 *
 * @module
 */
import { open, rm } from "node:fs/promises";
import { fileResult, type TrainError } from "../../train/mod.ts";
import type { Result } from "../../core/mod.ts";

/**
 * Sees whether a file could be replaced, for a refusal before work that would be in
 * vain. The file itself is not touched: as `replaceFile` does, this writes beside it.
 *
 * @param path The file, there or not.
 * @returns Nothing, or why it could not be written.
 */
export function checkWritable(
  path: string,
): Promise<Result<TrainError, void>> {
  const beside = `${path}.partial`;
  return fileResult(path, async () => {
    const file = await open(beside, "w");
    await file.close();
    await rm(beside);
  });
}
