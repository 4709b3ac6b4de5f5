/**
 * The run that is to go on where none was named.
 *
 * @module
 */
import { isDeepStrictEqual } from "node:util";
import {
  type Faults,
  left,
  type PretrainConfig,
  type Result,
  right,
} from "../../core/mod.ts";
import {
  checkpointProgress,
  latestCheckpoint,
  type RunProgress,
} from "../../train/mod.ts";
import type { RememberedImages } from "../images/images_file.ts";

/** A run that could go on. */
export interface RunChoice extends RunProgress {
  /** Its folder. */
  readonly folder: string;
  /** What it is. */
  readonly config: PretrainConfig;
  /** Its images. */
  readonly images: RememberedImages;
}

/**
 * How far a run has come by its newest checkpoint.
 *
 * @param folder The run's folder.
 */
export async function runProgress(folder: string): Promise<RunProgress> {
  const latest = await latestCheckpoint(folder);
  return latest._tag === "Left"
    ? { step: 0, totalSteps: null }
    : await checkpointProgress(latest.right);
}

/** What cannot be changed on a resume: everything but the schedule. */
const unscheduled = ({ model, optimizer, training }: PretrainConfig) => {
  const { epochs: _, warmupEpochs: __, ...rest } = training;
  return { model, optimizer, training: rest };
};

/**
 * Whether a configuration asks for what a run is.
 *
 * @param wanted The configuration.
 * @param own That of the run.
 * @param allowsChange Whether their schedules may differ.
 */
export const isSameRun = (
  wanted: PretrainConfig,
  own: PretrainConfig,
  allowsChange: boolean,
): boolean =>
  isDeepStrictEqual(wanted, own) ||
  allowsChange && isDeepStrictEqual(unscheduled(wanted), unscheduled(own));

const hasEnded = ({ step, totalSteps }: RunChoice): boolean =>
  totalSteps !== null && step >= totalSteps;

const identity = ({ config, images: { names, contents } }: RunChoice) => ({
  config,
  names,
  contents,
});

/**
 * Chooses the run that goes on, by what the runs are and how far they have come; no
 * clock and no name counts. Runs that have not ended come first; of several runs of the
 * same configuration and images, copies for instance, that of the most steps.
 *
 * @param runs Runs that fit what was asked for.
 * @returns The run, `null` if there is none, or a fault that names them where they are
 * different ones.
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
  if (!areAlike) {
    const found = choices.map(({ folder, step }) =>
      `${folder} at step ${step}`
    );
    const wanted = "one run that fits: name it, or an --output-dir";
    return left([{
      _tag: "Inconsistent",
      path: "--resume auto",
      found: found.join(", "),
      wanted,
    }]);
  }
  return right(
    choices.reduce((best, run) => run.step > best.step ? run : best),
  );
}
