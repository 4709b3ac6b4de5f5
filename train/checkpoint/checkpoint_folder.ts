/**
 * The folder of a run's checkpoints: a name `step-…` in it is a whole one at
 * any time, whatever is written, replaced or removed, and whenever the
 * process dies.
 *
 * ```text
 * step-000000012             whole
 * step-000000013.partial     being written, or being removed
 * step-000000012.replaced    whole; out of the way while another takes its name
 * ```
 */
import { readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { syncFolder } from "../files/atomic_file.ts";
import { isCheckpointName } from "./layout.ts";

const PARTIAL = ".partial";
const REPLACED = ".replaced";

/** Path of a checkpoint while it is written or removed. */
export function partialPath(checkpoint: string): string {
  return `${checkpoint}${PARTIAL}`;
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(() => true, () => false);

const removeAll = (path: string): Promise<void> =>
  rm(path, { recursive: true, force: true });

/** The same where what cannot be removed may stay: its name says that it is no checkpoint. */
const removeIfPossible = (path: string): Promise<void> =>
  removeAll(path).catch(() => {});

/**
 * Gives a checkpoint its name once it is whole. An earlier one of the same step
 * moves aside first and goes only when the new one is there.
 *
 * @param checkpoint Its path; all of it is written and flushed at `partialPath`.
 */
export async function putInPlace(checkpoint: string): Promise<void> {
  const aside = `${checkpoint}${REPLACED}`;
  const isSecond = await isThere(checkpoint);
  if (isSecond) {
    await removeAll(aside);
    await rename(checkpoint, aside);
  }
  try {
    await rename(partialPath(checkpoint), checkpoint);
  } catch (error) {
    if (isSecond) await rename(aside, checkpoint);
    throw error;
  }
  await syncFolder(dirname(checkpoint));
  await removeIfPossible(aside);
}

/** Removes a checkpoint: its name goes first, so that it is never there in part. */
export async function removeCheckpoint(checkpoint: string): Promise<void> {
  const aside = partialPath(checkpoint);
  await removeAll(aside);
  await rename(checkpoint, aside);
  await removeAll(aside);
}

/** Names of the checkpoints in a folder, oldest first; none if there is no folder. */
export async function checkpointNames(
  folder: string,
): Promise<readonly string[]> {
  const names = await readdir(folder).catch((): string[] => []);
  return names.filter(isCheckpointName).sort();
}

/** Checkpoints that were cut off while they were written or removed. */
export async function unfinishedCheckpoints(
  folder: string,
): Promise<readonly string[]> {
  const names = await readdir(folder).catch((): string[] => []);
  return names.filter((name) =>
    name.endsWith(PARTIAL) && isCheckpointName(name.slice(0, -PARTIAL.length))
  ).sort();
}

/**
 * Cleans up after a killed writer: restores the names of
 * checkpoints that were to be replaced, and removes what is not whole, as far as it
 * can be removed. Only for the one process that may write to the folder.
 */
export async function tidyCheckpoints(
  folder: string,
): Promise<readonly string[]> {
  for (const name of await readdir(folder).catch((): string[] => [])) {
    if (!name.endsWith(REPLACED)) continue;
    const checkpoint = join(folder, name.slice(0, -REPLACED.length));
    if (await isThere(checkpoint)) await removeIfPossible(join(folder, name));
    else await rename(join(folder, name), checkpoint);
  }
  const unfinished = await unfinishedCheckpoints(folder);
  for (const name of unfinished) await removeIfPossible(join(folder, name));
  return unfinished;
}
