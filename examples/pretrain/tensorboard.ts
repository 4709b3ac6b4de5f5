/**
 * What TensorBoard is told of a run.
 *
 * @module
 */
import { left, type Result, right } from "../../core/mod.ts";
import {
  describeTrainError,
  openRunEvents,
  type RunEvents,
  type RunFolder,
  type Scalars,
  type TrainError,
} from "../../train/mod.ts";
import type { Accuracies } from "./evaluation.ts";
import type { OpenedRun } from "./open_run.ts";
import type { PretrainValues } from "./pretrain_flags.ts";

/** A run whose folder also tells TensorBoard. */
export interface ToldRun extends OpenedRun {
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

/** The same folder; a step is recorded when TensorBoard is told of it, too. */
const telling = (folder: RunFolder, events: RunEvents): RunFolder => ({
  ...folder,
  record: async (report) => {
    const recorded = await folder.record(report);
    return recorded._tag === "Left" ? recorded : events.step(report);
  },
});

/**
 * Lets TensorBoard know of a run, unless that is not wanted.
 *
 * @param opened The run.
 * @param values Flags.
 * @returns The run, or in words why its event file cannot be written.
 */
export async function withTensorBoard(
  opened: OpenedRun,
  values: PretrainValues,
): Promise<Result<string, ToldRun>> {
  if (values["no-tensorboard"]) {
    const silent = () => Promise.resolve(right(undefined));
    return right({ ...opened, tellAccuracies: silent });
  }
  const { folder: { path, start, history } } = opened;
  const events = await openRunEvents({ run: opened, path, start, history });
  return events._tag === "Left"
    ? left(describeTrainError(events.left))
    : right({
      ...opened,
      folder: telling(opened.folder, events.right),
      tellAccuracies: (step, found) =>
        events.right.scalars(step, accuracyScalars(found)),
    });
}
