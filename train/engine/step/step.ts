/** One optimizer step. */
import { ratesAt, type Result, right } from "../../../core/mod.ts";
import { describeNonFinite, type TrainError } from "../../train_error.ts";
import { accumulate, type Accumulated } from "./accumulate.ts";
import { shareIn, type StepContext } from "./step_context.ts";
import { finiteNumbers, type StepNumbers, stepNumbers } from "./health.ts";
import type { PhasePrograms, PhaseWork } from "./phase.ts";
import type { ItemIterator } from "../epoch_items.ts";
import type { TrainState } from "../state.ts";
import { deepestLoss, type StepReport } from "../training.ts";
import { disposeAll } from "../tensors.ts";
import { moveParameters, skipStep } from "./update.ts";

/** The state after a step and what happened in it. */
export interface StepResult {
  /** Replaces the state before, whose changed tensors are gone. */
  readonly state: TrainState;
  /** Report of the step; `compile` is 0. */
  readonly report: StepReport;
}

/** Report of a step without its times. */
export function reportOf(
  context: StepContext<unknown>,
  { phase }: PhaseWork,
  step: number,
  epoch: number,
  { loss, stageLosses, latentLoss, gradientNorm }: StepNumbers,
): Omit<StepReport, "milliseconds"> {
  const { plan } = context.task;
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
    ...latentLoss === undefined ? {} : { latentLoss },
    deepestLoss: deepestLoss({ loss, stageLosses }),
    gradientNorm,
    images: shareIn(context).images,
  };
}

/** The state after a step, and why it was skipped if it was. */
interface Moved {
  readonly state: TrainState;
  readonly skipped: string | null;
}

/** Moves the parameters, unless losses or gradients forbid it; takes the outputs. */
async function updatedOrSkipped(
  context: StepContext<unknown>,
  programs: PhasePrograms,
  state: TrainState,
  { outputs }: Accumulated,
  numbers: StepNumbers,
): Promise<Result<TrainError, Moved>> {
  const { task, skipNonFinite = 0 } = context;
  const finite = finiteNumbers(task, programs, state.step, numbers);
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
  if (state.skipped >= skipNonFinite) return finite;
  const skipped = describeNonFinite(finite.left);
  return right({ state: skipStep(task, programs, state), skipped });
}

/**
 * Takes one optimizer step: gradients of all micro-batches, then the update. Nothing
 * is updated by a loss or gradient that is not finite: the step is skipped, if the
 * context allows one more, or it is an error.
 *
 * @param state The state before; still whole if the step fails.
 * @returns The state after, or why there is none: no samples, an engine that
 * failed, a loss or gradient that is not finite.
 */
export async function trainStep<Item>(
  context: StepContext<Item>,
  programs: PhasePrograms,
  state: TrainState,
  epoch: number,
  items: ItemIterator<Item>,
): Promise<Result<TrainError, StepResult>> {
  const started = performance.now();
  const sums = await accumulate(context, programs, state, epoch, items);
  if (sums._tag === "Left") return sums;
  const { outputs, waited, communication } = sums.right;
  const numbers = await stepNumbers(context.backend, programs, outputs);
  if (numbers._tag === "Left") {
    disposeAll(outputs.values());
    return numbers;
  }
  const differentiated = performance.now();
  const next = await updatedOrSkipped(
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
    ...communication === undefined ? {} : { communication },
  };
  return right({
    state: next.right.state,
    report: {
      ...reportOf(context, programs, state.step, epoch, numbers.right),
      ...skipped === null ? {} : { skipped },
      milliseconds,
    },
  });
}
