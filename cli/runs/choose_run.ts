/** The folders of runs, and the run that is to go on where none was named. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { type Faults, left, type Result, right } from "../../core/mod.ts";
import {
  checkpointProgress,
  differences,
  holdsRun,
  isScheduleField,
  latestCheckpoint,
  type RememberedImages,
  type RunProgress,
} from "../../train/mod.ts";

/** Folder of runs without a name. */
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

/** Folders of the runs in a folder, 2 before 10. */
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

/** A run that could go on. */
export interface RunChoice extends RunProgress {
  readonly folder: string;
  readonly config: unknown;
  readonly images: RememberedImages;
}

/** Progress of the run in a folder by its newest checkpoint. */
export async function runProgress(folder: string): Promise<RunProgress> {
  const latest = await latestCheckpoint(folder);
  return latest._tag === "Left"
    ? { step: 0, totalSteps: null }
    : await checkpointProgress(latest.right);
}

/** True if a configuration asks for the same run. */
export const isSameRun = (
  wanted: unknown,
  own: unknown,
  allowsChange: boolean,
): boolean =>
  differences(wanted, own)
    .every(({ path }) => allowsChange && isScheduleField(path));

const hasEnded = ({ step, totalSteps }: RunChoice): boolean =>
  totalSteps !== null && step >= totalSteps;

const identity = ({ config, images }: RunChoice) => ({
  config,
  names: images.names,
  contents: images.contents,
  background: images.background,
});

/**
 * Chooses the run that goes on, by what the runs are and how far they have come; no
 * clock and no name counts. Runs that have not ended come first; of several runs of the
 * same configuration and images, copies for instance, that of the most steps.
 */
export function chosenRun(
  runs: readonly RunChoice[],
): Result<Faults, RunChoice | null> {
  const open = runs.filter((run) => !hasEnded(run));
  const choices = open.length > 0 ? open : runs;
  const [first] = choices;
  if (first === undefined) return right(null);
  const areAlike = choices.every((run) =>
    isDeepStrictEqual(identity(run), identity(first))
  );
  if (areAlike) {
    return right(choices.reduce((a, b) => b.step > a.step ? b : a));
  }
  const found = choices.map(({ folder, step }) => `${folder} at step ${step}`);
  return left([{
    _tag: "Inconsistent",
    path: "--resume auto",
    found: found.join(", "),
    wanted: "one run that fits: name it, or an --output-dir",
  }]);
}
