/**
 * The folders of runs that were given no name.
 *
 * @module
 */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { holdsRun, METRICS_FILE } from "../../train/mod.ts";

/** Where they are. */
export const RUNS_FOLDER = "runs";

const namesIn = (folder: string): Promise<readonly string[]> =>
  readdir(folder).catch((): string[] => []);

/** The first folder `runs/N` that does not exist. */
export async function newFolder(): Promise<string> {
  const taken = new Set(await namesIn(RUNS_FOLDER));
  let n = 1;
  while (taken.has(String(n))) n++;
  return join(RUNS_FOLDER, String(n));
}

/**
 * The run that was written to last.
 *
 * @param folder Folder of runs.
 * @returns Its folder, or `null` if there is no run.
 */
export async function lastRun(folder: string): Promise<string | null> {
  let last: readonly [path: string | null, time: number] = [null, -Infinity];
  for (const name of await namesIn(folder)) {
    const path = join(folder, name);
    if (!await holdsRun(path)) continue;
    const time = await stat(join(path, METRICS_FILE))
      .then(({ mtimeMs }) => mtimeMs, () => -Infinity);
    if (time > last[1]) last = [path, time];
  }
  return last[0];
}
