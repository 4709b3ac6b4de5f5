/** Losses and gradients of an update, over all its micro-batches. */
import { left, type Result, right } from "../../../core/mod.ts";
import { fromSource, type TrainError } from "../../train_error.ts";
import { splitBatch } from "./parts.ts";
import type { SummingPrograms } from "./phase.ts";
import { PendingSums } from "./sums/pending_sums.ts";
import { runSegments } from "./segmented_gradient.ts";
import { shareIn, type StepContext } from "./step_context.ts";
import { StepSums, type Summed } from "./sums/step_sums.ts";
import type { ItemIterator } from "../epoch_items.ts";
import { wholeBatch } from "../share.ts";
import type { TrainState } from "../state.ts";
import { epochSteps, strideFrom } from "../task.ts";
import type { HostBatch } from "../tensors.ts";

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
 * Losses and gradients of all micro-batches of an update, added up in their order, then over
 * the ranks if there are several; of several steps of the plan it is the mean.
 *
 * @param items The micro-batches still to come in the epoch; those of its stride are taken.
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
  const steps = strideFrom(task, step).to - step;
  const atOnce = { backend, steps };
  const sums = new StepSums(segments, shareIn(context), atOnce, ranks);
  const gradient = { backend, segments, ranks };
  const given = new Map([...parameters, ...statistics]);
  const failed = async (error: Result<TrainError, never>) => {
    await sums.dispose();
    return error;
  };
  let waited = 0;
  const all = steps * task.training.accumIter;
  for (let k = 0; k < all; k++) {
    context.onProgress?.({ _tag: "Computing", step, done: k, all });
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
