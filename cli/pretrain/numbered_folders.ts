/**
 * The folders of runs that were given no name.
 *
 * @module
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { holdsRun } from "../../train/mod.ts";

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
 * The runs in a folder, 2 before 10.
 *
 * @param folder Folder of runs.
 * @returns Their folders.
 */
export async function runsIn(folder: string): Promise<readonly string[]> {
  const inOrder = new Intl.Collator("en", { numeric: true });
  const names = (await namesIn(folder)).toSorted(inOrder.compare);
  const runs: string[] = [];
  for (const name of names) {
    const path = join(folder, name);
    if (await holdsRun(path)) runs.push(path);
  }
  return runs;
}
