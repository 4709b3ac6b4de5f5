/** What all steps of a training share. */
import type { Backend } from "../../../backends/backend.ts";
import type { SegmentLimits } from "../../../core/mod.ts";
import type { StepMeeting } from "../meeting.ts";
import { onlyShare, type StepShare } from "../share.ts";
import type { Task } from "../task.ts";
import type { StepProgress } from "../training.ts";
import type { Division } from "./segment_programs.ts";

/** Constants of all steps. */
export interface StepContext<Item> {
  /** The engine. */
  readonly backend: Backend;
  /** The training, with the lengths of this rank's part of its steps. */
  readonly task: Task<Item>;
  /** The part of every step that this rank computes; by default all of it. */
  readonly share?: StepShare | undefined;
  /** The other ranks, if there are any. */
  readonly meeting?: StepMeeting | undefined;
  /**
   * Limits of the parts of a gradient between which ranks begin to add up; by default those
   * of `gradientSegments`, and one part where there is one rank.
   */
  readonly segments?: SegmentLimits | undefined;
  /**
   * Steps of the whole training that may be skipped because a loss or gradient is not
   * finite; the next one ends it. By default 0.
   */
  readonly skipNonFinite?: number | undefined;
  /** Hears how far a step has come. */
  readonly onProgress?: ((progress: StepProgress) => void) | undefined;
  /** Stops the training. */
  readonly signal?: AbortSignal | undefined;
}

/** The part of every step that a rank computes. */
export const shareIn = (
  { share, task, backend }: StepContext<unknown>,
): StepShare => share ?? onlyShare(task, backend);

/** How the gradient programs of a rank are divided. */
export function divisionIn(
  { share, meeting, segments }: StepContext<unknown>,
): Division {
  const parts = share?.parts;
  if (meeting === undefined) return { parts };
  const whole = meeting.ranks.size === 1 ? { most: 1 } : {};
  return { parts, segments: segments ?? whole };
}
