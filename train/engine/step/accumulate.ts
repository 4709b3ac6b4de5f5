/** Losses and gradients of one step, over all its micro-batches. */
import type { Backend } from "../../../backends/backend.ts";
import {
  left,
  type Result,
  right,
  type SegmentLimits,
} from "../../../core/mod.ts";
import { fromSource, type TrainError } from "../../train_error.ts";
import { splitBatch } from "./parts.ts";
import type { SummingPrograms } from "./phase.ts";
import { PendingSums } from "./pending_sums.ts";
import type { Division } from "./segment_programs.ts";
import { runSegments } from "./segmented_gradient.ts";
import { StepSums, type Summed } from "./step_sums.ts";
import type { ItemIterator } from "../epoch_items.ts";
import type { StepMeeting } from "../meeting.ts";
import { onlyShare, type StepShare, wholeBatch } from "../share.ts";
import type { TrainState } from "../state.ts";
import { epochSteps, type Task } from "../task.ts";
import type { HostBatch } from "../tensors.ts";

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

/** The summed outputs of the gradient programs. */
export interface Accumulated extends Summed {
  /** Milliseconds spent waiting for samples. */
  readonly waited: number;
}

/** The next micro-batch, or why there is none. */
async function nextItem<Item>(
  items: ItemIterator<Item>,
  step: number,
): Promise<Result<TrainError, Item>> {
  const next = await items.next();
  if (next.done === true) {
    const reason = `it ended before step ${step} had its images`;
    return left({ _tag: "FileFailed", path: "the image source", reason });
  }
  return next.value._tag === "Left"
    ? left(fromSource(next.value.left))
    : next.value;
}

/** Inputs of a micro-batch. */
export interface NextBatch {
  /** Tensors by name. */
  readonly batch: HostBatch;
  /** Milliseconds spent waiting for its samples. */
  readonly waited: number;
}

/**
 * The inputs of the next micro-batch of a step, or why there are none.
 *
 * @param k Number of the micro-batch in its step, from 0.
 */
export async function nextBatch<Item>(
  context: StepContext<Item>,
  step: number,
  epoch: number,
  k: number,
  items: ItemIterator<Item>,
): Promise<Result<TrainError, NextBatch>> {
  const asked = performance.now();
  const item = await nextItem(items, step);
  const waited = performance.now() - asked;
  if (item._tag === "Left") return item;
  const { task } = context;
  const { accumIter } = task.training;
  const first = (step - epoch * epochSteps(task)) * accumIter;
  const place = wholeBatch(shareIn(context), first + k);
  const batch = task.inputs({ item: item.right, epoch, place });
  return batch._tag === "Left" ? batch : right({ batch: batch.right, waited });
}

/**
 * Losses and gradients of all micro-batches of a step, added up in their order, then over the
 * ranks if there are several.
 *
 * @param items The micro-batches still to come in the epoch; `accumIter` are taken.
 * @returns Their sums, or the first error; then nothing is left on the device.
 */
export async function accumulate<Item>(
  context: StepContext<Item>,
  { parts, segments, statistics: moved }: SummingPrograms,
  state: TrainState,
  epoch: number,
  items: ItemIterator<Item>,
): Promise<Result<TrainError, Accumulated>> {
  const { backend, meeting, task } = context;
  const { step, parameters, statistics } = state;
  const ranks = meeting === undefined ? null : new PendingSums(
    ...[backend, meeting, step] as const,
    new Set(moved.map(({ name }) => name)),
  );
  const sums = new StepSums(segments, shareIn(context), ranks);
  const gradient = { backend, segments, ranks };
  const given = new Map([...parameters, ...statistics]);
  const failed = async (error: Result<TrainError, never>) => {
    await sums.dispose();
    return error;
  };
  let waited = 0;
  for (let k = 0; k < task.training.accumIter; k++) {
    const next = await nextBatch(context, step, epoch, k, items);
    if (next._tag === "Left") return await failed(next);
    waited += next.right.waited;
    const batches = splitBatch(next.right.batch, parts);
    const done = await runSegments(
      gradient,
      given,
      batches,
      (segment, outputs) => sums.add(segment, k, outputs),
    );
    if (done._tag === "Left") return await failed(done);
  }
  const summed = await sums.all();
  return summed._tag === "Left" ? summed : right({ ...summed.right, waited });
}
