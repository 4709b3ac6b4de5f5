/** Space that the checkpoints of a run take on a disk. */
import { sizeOf } from "../../core/mod.ts";
import {
  type CheckpointPolicy,
  freezeSteps,
  type TrainingIdentity,
} from "../../train/mod.ts";

/** Bytes of checkpoints. */
export interface CheckpointSpace {
  /** Of the largest, before anything freezes; headers of files aside. */
  readonly each: number;
  /** Most checkpoints that are kept. */
  readonly kept: number;
  /** Of all that are kept, and one that is being written. */
  readonly most: number;
}

/** Reckons the space that the checkpoints of a run take under a policy. */
export function checkpointSpace(
  { plan, stateShapes }: Pick<TrainingIdentity, "plan" | "stateShapes">,
  { keepLast, keepAtFreeze }: Pick<
    CheckpointPolicy,
    "keepLast" | "keepAtFreeze"
  >,
): CheckpointSpace {
  const { parameters, optimizer, statistics, averages } = stateShapes(
    plan.phases[0].to,
  );
  const each = [parameters, optimizer, statistics, averages].flat()
    .reduce((sum, { shape }) => sum + 4 * sizeOf(shape), 0);
  const kept = keepLast + (keepAtFreeze ? freezeSteps(plan).length : 0);
  return { each, kept, most: each * (kept + 1) };
}
