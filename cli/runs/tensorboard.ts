/** TensorBoard's files of a run. */
import {
  describeTrainError,
  openRunEvents,
  optionalTracker,
  type RunFolder,
  type Tracker,
  type TrainError,
  type TrainingIdentity,
} from "../../train/mod.ts";

/**
 * Begins TensorBoard's files of a run, if they are possible: else it says so, and the
 * run goes on without.
 *
 * @param open Opens the event file.
 */
export async function tensorBoardOf(
  run: TrainingIdentity,
  { path, start, history }: RunFolder,
  say: (line: string) => void,
  open: typeof openRunEvents = openRunEvents,
): Promise<Tracker | null> {
  const events = await open({ run, path, start, history });
  const complain = (error: TrainError): void =>
    say(`TensorBoard hears no more of this run: ${describeTrainError(error)}`);
  if (events._tag === "Right") return optionalTracker(events.right, complain);
  complain(events.left);
  return null;
}
