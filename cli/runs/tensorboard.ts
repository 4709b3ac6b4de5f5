/**
 * TensorBoard's record of a run.
 *
 * @module
 */
import type { Result } from "../../core/mod.ts";
import {
  describeTrainError,
  onceEach,
  openRunEvents,
  type RunEvents,
  type RunFolder,
  type RunIdentity,
  type Scalars,
  type TrainError,
} from "../../train/mod.ts";

/** A folder whose record TensorBoard gets, too. */
export interface TrackedFolder {
  readonly folder: RunFolder;
  /** Adds numbers that are known after so many steps. */
  readonly track: (step: number, values: Scalars) => Promise<void>;
}

/** What is said where TensorBoard cannot be reached. */
const unheard = (error: TrainError): string =>
  `TensorBoard hears no more of this run: ${describeTrainError(error)}`;

/** Calls a tracker as long as that is possible; a run goes on without. */
function calling(
  events: RunEvents,
  complain: (words: string) => void,
): (
  call: (events: RunEvents) => Promise<Result<TrainError, void>>,
) => Promise<void> {
  let isOver = false;
  return async (call) => {
    if (isOver) return;
    const called = await call(events);
    if (called._tag === "Right") return;
    isOver = true;
    complain(unheard(called.left));
  };
}

/**
 * Lets TensorBoard follow a run, if that is possible: else it says so, and the run goes
 * on without.
 */
export async function withTensorBoard(
  run: RunIdentity,
  folder: RunFolder,
  say: (line: string) => void,
  open: typeof openRunEvents = openRunEvents,
): Promise<TrackedFolder> {
  const { path, start, history } = folder;
  const events = await open({ run, path, start, history });
  if (events._tag === "Left") {
    say(unheard(events.left));
    return { folder, track: () => Promise.resolve() };
  }
  const complaints = onceEach();
  const call = calling(
    events.right,
    (words) => complaints.add("events", words),
  );
  return {
    folder: {
      ...folder,
      complaints: () => [...folder.complaints(), ...complaints.take()],
      record: async (report) => {
        const recorded = await folder.record(report);
        if (recorded._tag === "Right") await call((to) => to.step(report));
        return recorded;
      },
    },
    track: async (step, values) => {
      await call((to) => to.scalars(step, values));
      complaints.take().forEach(say);
    },
  };
}
