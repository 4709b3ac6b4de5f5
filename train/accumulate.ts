/**
 * Losses and gradients of one step, over all its micro-batches.
 *
 * @module
 */
import type { DeviceTensors } from "../backends/backend.ts";
import { left, type Result, right } from "../core/mod.ts";
import type { Batch } from "../data/mod.ts";
import { batchTensors } from "./batch_tensors.ts";
import { splitBatch } from "./batch_parts.ts";
import type { PhasePrograms } from "./phase_programs.ts";
import type { BatchIterator, StepContext } from "./step_context.ts";
import { differentiate, summedOutputs } from "./summed_outputs.ts";
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
      differentiate(context.backend, programs, state.parameters, part)
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
  let waited = 0;
  const { accumIter } = context.config.training;
  const outputs = await summedOutputs(programs, accumIter, async () => {
    const asked = performance.now();
    const batch = await nextBatch(batches, state.step);
    waited += performance.now() - asked;
    return batch._tag === "Left"
      ? batch
      : await differentiateAll(context, programs, state, epoch, batch.right);
  });
  return outputs._tag === "Left"
    ? outputs
    : right({ outputs: outputs.right, waited });
}
