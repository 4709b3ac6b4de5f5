/** Losses and gradients of one step, over all its micro-batches. */
import type { Backend, DeviceTensors } from "../../../backends/backend.ts";
import { left, type Result, right } from "../../../core/mod.ts";
import type { DataError } from "../../../data/mod.ts";
import { fromSource, type TrainError } from "../../train_error.ts";
import { splitBatch } from "./parts.ts";
import type { SummingPrograms } from "./phase.ts";
import { GroupSums } from "./group_sums.ts";
import type { StepMeeting } from "../meeting.ts";
import { onlyShare, type StepShare, wholeBatch } from "../share.ts";
import type { TrainState } from "../state.ts";
import { epochSteps, type Task } from "../task.ts";
import {
  disposeAll,
  type HostBatch,
  orBackendFailed,
  uploadAll,
} from "../tensors.ts";

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

/** Micro-batches still to come in an epoch. */
export type ItemIterator<Item> = AsyncIterator<
  Result<TrainError | DataError, Item>
>;

/** The summed outputs of the gradient program. */
export interface Accumulated {
  /** Losses and gradients by name; they become the caller's. */
  readonly outputs: DeviceTensors;
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

/** Losses and gradients of one part of a micro-batch. */
async function differentiated(
  backend: Backend,
  { gradient }: SummingPrograms,
  state: TrainState,
  part: HostBatch,
): Promise<Result<TrainError, DeviceTensors>> {
  const batch = uploadAll(backend, part);
  const { parameters, statistics } = state;
  const outputs = await gradient.run(
    new Map([...parameters, ...statistics, ...batch]),
  );
  disposeAll(batch.values());
  return orBackendFailed(outputs);
}

/** Losses and gradients of the parts of one micro-batch, computed at one time. */
async function differentiateAll(
  backend: Backend,
  programs: SummingPrograms,
  state: TrainState,
  batch: HostBatch,
): Promise<Result<TrainError, readonly DeviceTensors[]>> {
  const results = await Promise.all(
    splitBatch(batch, programs.parts).map((part) =>
      differentiated(backend, programs, state, part)
    ),
  );
  const parts = results.flatMap((result) =>
    result._tag === "Right" ? [result.right] : []
  );
  const failure = results.find((result) => result._tag === "Left");
  if (failure === undefined) return right(parts);
  parts.forEach((part) => disposeAll(part.values()));
  return failure;
}

const prefixed = (prefix: string, tensors: DeviceTensors): DeviceTensors =>
  new Map([...tensors].map(([name, tensor]) => [`${prefix}/${name}`, tensor]));

/** Adds the outputs of one more part; takes both. */
async function add(
  { sum: program }: SummingPrograms,
  sum: DeviceTensors,
  part: DeviceTensors,
): Promise<Result<TrainError, DeviceTensors>> {
  if (program === null) return right(part);
  const total = await program.run(
    new Map([...prefixed("sum", sum), ...prefixed("part", part)]),
  );
  disposeAll(part.values());
  // The total has taken the place of the sum, unless the engine failed.
  disposeAll(sum.values());
  return orBackendFailed(total);
}

/** Adds the outputs of the parts of a micro-batch in their order; takes all. */
async function addAll(
  sums: GroupSums,
  batch: number,
  parts: readonly DeviceTensors[],
): Promise<Result<TrainError, void>> {
  for (const [part, outputs] of parts.entries()) {
    const added = await sums.add({ batch, part }, outputs);
    if (added._tag === "Right") continue;
    parts.slice(part + 1).forEach((rest) => disposeAll(rest.values()));
    return added;
  }
  return right(undefined);
}

/**
 * Losses and gradients of all micro-batches of a step, added up in their order.
 *
 * @param items The micro-batches still to come in the epoch; `accumIter` are taken.
 * @returns Their sums, or the first error; then nothing is left on the device.
 */
export async function accumulate<Item>(
  context: StepContext<Item>,
  programs: SummingPrograms,
  state: TrainState,
  epoch: number,
  items: ItemIterator<Item>,
): Promise<Result<TrainError, Accumulated>> {
  const { backend, task } = context;
  let waited = 0;
  const sums = new GroupSums(
    shareIn(context),
    (sum, part) => add(programs, sum, part),
  );
  const failed = (error: Result<TrainError, never>) => {
    sums.dispose();
    return error;
  };
  for (let k = 0; k < task.training.accumIter; k++) {
    const next = await nextBatch(context, state.step, epoch, k, items);
    if (next._tag === "Left") return failed(next);
    waited += next.right.waited;
    const { batch } = next.right;
    const parts = await differentiateAll(backend, programs, state, batch);
    if (parts._tag === "Left") return failed(parts);
    const added = await addAll(sums, k, parts.right);
    if (added._tag === "Left") return failed(added);
  }
  return right({ outputs: sums.total(), waited });
}
