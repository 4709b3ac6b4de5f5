/**
 * What TensorBoard is told of a run.
 *
 * @module
 */
import { left, type Result, right } from "../../core/mod.ts";
import {
  describeTrainError,
  openRunEvents,
  type RunFolder,
  type RunIdentity,
  type Scalars,
  type TrainError,
} from "../../train/mod.ts";
import type { Accuracies } from "./evaluation.ts";
import type { PretrainValues } from "./pretrain_flags.ts";

/** The folder of a run that also tells TensorBoard. */
export interface ToldFolder {
  /** The folder; a step is recorded when it is told, too. */
  readonly folder: RunFolder;
  /** Tells what the encoder is worth after so many steps. */
  readonly tellAccuracies: (
    step: number,
    found: Accuracies,
  ) => Promise<Result<TrainError, void>>;
}

/** The accuracies that are known, percent, by tag. */
function accuracyScalars(found: Accuracies): Scalars {
  const tagged = {
    "validation/knn_top1": found.knnTop1,
    "validation/knn_top1_untrained": found.knnTop1Untrained,
    "validation/knn_top1_pixels": found.knnTop1Pixels,
  };
  return Object.fromEntries(
    Object.entries(tagged).flatMap(([tag, value]) =>
      value === null ? [] : [[tag, value]]
    ),
  );
}

/**
 * Lets TensorBoard know of what a folder records, unless that is not wanted.
 *
 * @param folder The open folder of the run.
 * @param run The run.
 * @param values Flags.
 * @returns The folder, or in words why the event file cannot be written.
 */
export async function withTensorBoard(
  folder: RunFolder,
  run: RunIdentity,
  values: PretrainValues,
): Promise<Result<string, ToldFolder>> {
  if (values["no-tensorboard"]) {
    const silent = () => Promise.resolve(right(undefined));
    return right({ folder, tellAccuracies: silent });
  }
  const opened = await openRunEvents({ ...folder, run });
  if (opened._tag === "Left") return left(describeTrainError(opened.left));
  const events = opened.right;
  return right({
    folder: {
      ...folder,
      record: async (report) => {
        const recorded = await folder.record(report);
        return recorded._tag === "Left" ? recorded : events.step(report);
      },
    },
    tellAccuracies: (step, found) =>
      events.scalars(step, accuracyScalars(found)),
  });
}
