/**
 * What TensorBoard is told of a run.
 *
 * @module
 */
import type { Result } from "../../core/mod.ts";
import {
  describeTrainError,
  type OnceEach,
  onceEach,
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
  readonly tellAccuracies: (step: number, found: Accuracies) => Promise<void>;
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

/** Tells as long as that is possible; a run goes on without. */
function telling(
  events: RunEvents,
  complaints: OnceEach,
): (
  tell: (events: RunEvents) => Promise<Result<TrainError, void>>,
) => Promise<void> {
  let isOver = false;
  return async (tell) => {
    if (isOver) return;
    const told = await tell(events);
    if (told._tag === "Right") return;
    isOver = true;
    complaints.add("events", unheard(told.left));
  };
}

/** What is said where TensorBoard cannot be told. */
const unheard = (error: TrainError): string =>
  `TensorBoard hears no more of this run: ${describeTrainError(error)}`;

/** The same folder; what it records TensorBoard is told, too. */
function toldFolder(
  folder: RunFolder,
  complaints: OnceEach,
  tell: ReturnType<typeof telling>,
): RunFolder {
  return {
    ...folder,
    complaints: () => [...folder.complaints(), ...complaints.take()],
    record: async (report) => {
      const recorded = await folder.record(report);
      if (recorded._tag === "Right") await tell((to) => to.step(report));
      return recorded;
    },
  };
}

/**
 * Lets TensorBoard know of a run, unless that is not wanted or not possible: then it
 * says so, and the run goes on without.
 *
 * @param opened The run.
 * @param values Flags.
 * @param say Prints a line.
 * @param open Opens the event file.
 */
export async function withTensorBoard(
  opened: OpenedRun,
  values: PretrainValues,
  say: (line: string) => void,
  open: typeof openRunEvents = openRunEvents,
): Promise<ToldRun> {
  const silent = { ...opened, tellAccuracies: () => Promise.resolve() };
  if (values["no-tensorboard"]) return silent;
  const { folder: { path, start, history } } = opened;
  const events = await open({ run: opened, path, start, history });
  if (events._tag === "Left") {
    say(unheard(events.left));
    return silent;
  }
  const complaints = onceEach();
  const tell = telling(events.right, complaints);
  return {
    ...opened,
    folder: toldFolder(opened.folder, complaints, tell),
    tellAccuracies: async (step, found) => {
      await tell((to) => to.scalars(step, accuracyScalars(found)));
      complaints.take().forEach(say);
    },
  };
}
