/**
 * One optimizer step.
 *
 * @module
 */
import { ratesAt, type Result, right } from "../core/mod.ts";
import { accumulate, type Accumulated } from "./accumulate.ts";
import { leftOut, mayBeLeftOut } from "./left_out.ts";
import { moveParameters } from "./move_parameters.ts";
import type { PhasePrograms } from "./phase_programs.ts";
import type { BatchIterator, StepContext } from "./step_context.ts";
import {
  finiteNumbers,
  type StepNumbers,
  stepNumbers,
} from "./step_numbers.ts";
import type { StepReport } from "./step_report.ts";
import { describeNonFinite, type TrainError } from "./train_error.ts";
import { disposeAll, type TrainState } from "./train_state.ts";

/** The state after a step and what happened in it. */
export interface StepResult {
  /** Replaces the state before, whose changed tensors are gone. */
  readonly state: TrainState;
  /** What happened; `compile` is 0. */
  readonly report: StepReport;
}

/** What is known of a step but its times. */
function reportOf(
  { config, plan }: StepContext,
  { phase }: PhasePrograms,
  step: number,
  epoch: number,
  { loss, stageLosses, gradientNorm }: StepNumbers,
): Omit<StepReport, "milliseconds"> {
  const rates = ratesAt(plan)(step);
  return {
    step,
    epoch,
    phase: phase.index,
    frozenLayers: phase.frozenLayers,
    liveStages: phase.liveStages,
    rates: rates.layers,
    unfrozenRate: rates.unfrozen,
    loss,
    stageLosses,
    gradientNorm,
    images: config.training.batchSize * config.training.accumIter,
  };
}

/** The state after a step, and why it was left out if it was. */
interface Moved {
  readonly state: TrainState;
  readonly skipped: string | null;
}

/** Moves the parameters, unless losses or gradients forbid it; takes the outputs. */
async function movedOrLeftOut(
  context: StepContext,
  programs: PhasePrograms,
  state: TrainState,
  { outputs }: Accumulated,
  numbers: StepNumbers,
): Promise<Result<TrainError, Moved>> {
  const finite = finiteNumbers(context, programs, state.step, numbers);
  if (finite._tag === "Right") {
    const { gradientNorm } = numbers;
    const next = await moveParameters(
      context,
      programs,
      state,
      outputs,
      gradientNorm,
    );
    return next._tag === "Left"
      ? next
      : right({ state: next.right, skipped: null });
  }
  disposeAll(outputs.values());
  return mayBeLeftOut(context, state)
    ? right({
      state: leftOut(context, programs, state),
      skipped: describeNonFinite(finite.left),
    })
    : finite;
}

/**
 * Takes one optimizer step: gradients of all micro-batches, then the update. Nothing
 * is updated by a loss or gradient that is not finite: the step is left out, if the
 * context allows one more, or it is an error.
 *
 * @param context Engine, configuration and plan.
 * @param programs Programs of the phase of this step.
 * @param state The state before; still whole if the step fails.
 * @param epoch Epoch of the step.
 * @param batches The micro-batches still to come in the epoch.
 * @returns The state after, or why there is none: no images, an engine that
 * failed, a loss or gradient that is not finite.
 */
export async function trainStep(
  context: StepContext,
  programs: PhasePrograms,
  state: TrainState,
  epoch: number,
  batches: BatchIterator,
): Promise<Result<TrainError, StepResult>> {
  const started = performance.now();
  const sums = await accumulate(context, programs, state, epoch, batches);
  if (sums._tag === "Left") return sums;
  const { outputs, waited } = sums.right;
  const numbers = await stepNumbers(context.backend, programs, outputs);
  if (numbers._tag === "Left") {
    disposeAll(outputs.values());
    return numbers;
  }
  const differentiated = performance.now();
  const next = await movedOrLeftOut(
    context,
    programs,
    state,
    sums.right,
    numbers.right,
  );
  if (next._tag === "Left") return next;
  const { skipped } = next.right;
  const ended = performance.now();
  const milliseconds = {
    data: waited,
    gradient: differentiated - started - waited,
    update: ended - differentiated,
    compile: 0,
    total: ended - started,
  };
  const { step } = state;
  return right({
    state: next.right.state,
    report: {
      ...reportOf(context, programs, step, epoch, numbers.right),
      ...skipped === null ? {} : { skipped },
      milliseconds,
    },
  });
}
