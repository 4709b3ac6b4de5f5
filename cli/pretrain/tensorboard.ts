/**
 * TensorBoard's files of a run.
 *
 * @module
 */
import {
  describeTrainError,
  openRunEvents,
  optionalTracker,
  pretrainTask,
  type Tracker,
  type TrainError,
} from "../../train/mod.ts";
import type { Accuracies } from "./evaluation.ts";
import type { OpenedRun } from "./open_run.ts";
import type { PretrainValues } from "./pretrain_flags.ts";

/** The accuracies that are known, percent, by tag. */
export function accuracyScalars(
  found: Accuracies,
): Readonly<Record<string, number>> {
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

/** What is said where TensorBoard's files cannot be written. */
const unheard = (error: TrainError): string =>
  `TensorBoard hears no more of this run: ${describeTrainError(error)}`;

/**
 * Begins TensorBoard's files of a run, unless they are not wanted or not possible: then
 * it says so, and the run goes on without.
 *
 * @param opened The run.
 * @param values Flags.
 * @param say Prints a line.
 * @param open Opens the event file.
 */
export async function tensorBoardOf(
  { config, plan, folder: { path, start, history } }: Pick<
    OpenedRun,
    "config" | "plan" | "folder"
  >,
  values: PretrainValues,
  say: (line: string) => void,
  open: typeof openRunEvents = openRunEvents,
): Promise<Tracker | null> {
  if (values["no-tensorboard"]) return null;
  const run = pretrainTask({ config, plan });
  const events = await open({ run, path, start, history });
  const complain = (error: TrainError): void => say(unheard(error));
  if (events._tag === "Right") return optionalTracker(events.right, complain);
  complain(events.left);
  return null;
}
