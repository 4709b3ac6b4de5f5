/**
 * Losses and gradients of one step, over all its micro-batches.
 *
 * @module
 */
import type { DeviceTensors } from "../backends/backend.ts";
import { left, type Result, right } from "../core/mod.ts";
import type { Batch } from "../data/mod.ts";
import { batchTensors, type HostBatch, uploadAll } from "./batch_tensors.ts";
import { splitBatch } from "./batch_parts.ts";
import type { PhasePrograms } from "./phase_programs.ts";
import { orBackendFailed } from "./run_graph.ts";
import type { BatchIterator, StepContext } from "./step_context.ts";
import type { TrainError } from "./train_error.ts";
import { disposeAll, type TrainState } from "./train_state.ts";

/** The summed outputs of the gradient program. */
export interface Accumulated {
  /** Losses and gradients by name; they become the caller's. */
  readonly outputs: DeviceTensors;
  /** Milliseconds spent waiting for images. */
  readonly waited: number;
}

/** The next micro-batch, or why there is none. */
async function nextBatch(
  batches: BatchIterator,
  step: number,
): Promise<Result<TrainError, Batch>> {
  const next = await batches.next();
  if (next.done === true) {
    const reason = `it ended before step ${step} had its images`;
    return left({ _tag: "FileFailed", path: "the image source", reason });
  }
  return next.value._tag === "Left"
    ? left({ _tag: "DataFailed", error: next.value.left })
    : next.value;
}

/** Losses and gradients of one part of a micro-batch. */
async function differentiate(
  { backend }: StepContext,
  { gradient }: PhasePrograms,
  { parameters }: TrainState,
  part: HostBatch,
): Promise<Result<TrainError, DeviceTensors>> {
  const batch = uploadAll(backend, part);
  const outputs = await gradient.run(new Map([...parameters, ...batch]));
  disposeAll(batch.values());
  return orBackendFailed(outputs);
}

/** Losses and gradients of the parts of one micro-batch, computed at one time. */
async function differentiateAll(
  context: StepContext,
  programs: PhasePrograms,
  state: TrainState,
  epoch: number,
  images: Batch,
): Promise<Result<TrainError, readonly DeviceTensors[]>> {
  const { model, training: { seed } } = context.config;
  const batch = batchTensors(model, images, { seed, epoch });
  const results = await Promise.all(
    splitBatch(batch, programs.parts).map((part) =>
      differentiate(context, programs, state, part)
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

const prefixed = (
  prefix: string,
  tensors: DeviceTensors,
): DeviceTensors =>
  new Map(
    [...tensors].map(([name, tensor]) => [`${prefix}/${name}`, tensor]),
  );

/** Adds the outputs of one more part; takes both. */
async function add(
  { sum: program }: PhasePrograms,
  sum: DeviceTensors | null,
  part: DeviceTensors,
): Promise<Result<TrainError, DeviceTensors>> {
  if (program === null || sum === null) return right(part);
  const total = await program.run(
    new Map([...prefixed("sum", sum), ...prefixed("part", part)]),
  );
  disposeAll(part.values());
  // The total has taken the place of the sum, unless the engine failed.
  disposeAll(sum.values());
  return orBackendFailed(total);
}

/** Adds the outputs of several parts in their order; takes all. */
async function addAll(
  programs: PhasePrograms,
  sum: DeviceTensors | null,
  parts: readonly DeviceTensors[],
): Promise<Result<TrainError, DeviceTensors>> {
  let total = sum;
  for (const [k, part] of parts.entries()) {
    const next: Result<TrainError, DeviceTensors> = await add(
      programs,
      total,
      part,
    );
    if (next._tag === "Left") {
      parts.slice(k + 1).forEach((rest) => disposeAll(rest.values()));
      return next;
    }
    total = next.right;
  }
  return right(total ?? new Map());
}

/**
 * Losses and gradients of all micro-batches of a step.
 *
 * @param context Engine, configuration and plan.
 * @param programs Programs of the phase of this step.
 * @param state The state; it stays as it is.
 * @param epoch Epoch of the step.
 * @param batches The micro-batches still to come in the epoch; `accumIter` are taken.
 * @returns Their sums, or the first error; then nothing is left on the device.
 */
export async function accumulate(
  context: StepContext,
  programs: PhasePrograms,
  state: TrainState,
  epoch: number,
  batches: BatchIterator,
): Promise<Result<TrainError, Accumulated>> {
  let sum: DeviceTensors | null = null;
  let waited = 0;
  for (let k = 0; k < context.config.training.accumIter; k++) {
    const asked = performance.now();
    const batch = await nextBatch(batches, state.step);
    waited += performance.now() - asked;
    const parts: Result<TrainError, readonly DeviceTensors[]> =
      batch._tag === "Left"
        ? batch
        : await differentiateAll(context, programs, state, epoch, batch.right);
    if (parts._tag === "Left") {
      disposeAll(sum?.values() ?? []);
      return parts;
    }
    const total: Result<TrainError, DeviceTensors> = await addAll(
      programs,
      sum,
      parts.right,
    );
    if (total._tag === "Left") return total;
    sum = total.right;
  }
  return right({ outputs: sum ?? new Map(), waited });
}
