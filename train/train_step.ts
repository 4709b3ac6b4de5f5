/**
 * One optimizer step.
 *
 * @module
 */
import type { Backend, DeviceTensors } from "../backends/backend.ts";
import {
  left,
  ratesAt,
  type Result,
  right,
  stageLossName,
} from "../core/mod.ts";
import { accumulate } from "./accumulate.ts";
import { download } from "./download.ts";
import { moveParameters } from "./move_parameters.ts";
import type { PhasePrograms } from "./phase_programs.ts";
import type { BatchIterator, StepContext } from "./step_context.ts";
import type { StepReport } from "./step_report.ts";
import type { TrainError } from "./train_error.ts";
import { disposeAll, type TrainState } from "./train_state.ts";

/** The state after a step and what happened in it. */
export interface StepResult {
  /** Replaces the state before, whose changed tensors are gone. */
  readonly state: TrainState;
  /** What happened; `compile` is 0. */
  readonly report: StepReport;
}

type Losses = Pick<StepReport, "loss" | "stageLosses">;

/** Reads the losses; this waits until the device has computed them. */
async function readLosses(
  backend: Backend,
  stages: readonly number[],
  outputs: DeviceTensors,
): Promise<Result<TrainError, Losses>> {
  const names = ["loss", ...stages.map(stageLossName)];
  const values = await download(
    backend,
    new Map([...outputs].filter(([name]) => names.includes(name))),
  );
  if (values._tag === "Left") return values;
  const lossOf = (name: string): number => values.right.get(name)?.[0] ?? NaN;
  return right({
    loss: lossOf("loss"),
    stageLosses: Object.fromEntries(
      stages.map((stage) => [stage, lossOf(stageLossName(stage))]),
    ),
  });
}

/** Losses with which training can go on. */
async function finiteLosses(
  backend: Backend,
  { phase }: PhasePrograms,
  step: number,
  outputs: DeviceTensors,
): Promise<Result<TrainError, Losses>> {
  const losses = await readLosses(backend, phase.liveStages, outputs);
  if (losses._tag === "Left") return losses;
  const { loss, stageLosses } = losses.right;
  return [loss, ...Object.values(stageLosses)].every(Number.isFinite)
    ? losses
    : left({ _tag: "NonFiniteLoss", step, stageLosses });
}

function reportOf(
  { config, plan }: StepContext,
  { phase }: PhasePrograms,
  step: number,
  epoch: number,
): Omit<StepReport, "loss" | "stageLosses" | "milliseconds"> {
  const rates = ratesAt(plan)(step);
  return {
    step,
    epoch,
    phase: phase.index,
    frozenLayers: phase.frozenLayers,
    liveStages: phase.liveStages,
    rates: rates.layers,
    unfrozenRate: rates.unfrozen,
    images: config.training.batchSize * config.training.accumIter,
  };
}

/**
 * Takes one optimizer step: gradients of all micro-batches, then the update.
 *
 * @param context Engine, configuration and plan.
 * @param programs Programs of the phase of this step.
 * @param state The state before; still whole if the step fails.
 * @param epoch Epoch of the step.
 * @param batches The micro-batches still to come in the epoch.
 * @returns The state after, or why there is none: no images, an engine that
 * failed, a loss that is not finite.
 */
export async function trainStep(
  context: StepContext,
  programs: PhasePrograms,
  state: TrainState,
  epoch: number,
  batches: BatchIterator,
): Promise<Result<TrainError, StepResult>> {
  const { backend } = context;
  const started = performance.now();
  const sums = await accumulate(context, programs, state, epoch, batches);
  if (sums._tag === "Left") return sums;
  const { outputs, waited } = sums.right;
  const losses = await finiteLosses(backend, programs, state.step, outputs);
  if (losses._tag === "Left") {
    disposeAll(outputs.values());
    return losses;
  }
  const differentiated = performance.now();
  const next = await moveParameters(context, programs, state, outputs);
  if (next._tag === "Left") return next;
  const ended = performance.now();
  const milliseconds = {
    data: waited,
    gradient: differentiated - started - waited,
    update: ended - differentiated,
    compile: 0,
    total: ended - started,
  };
  const report = reportOf(context, programs, state.step, epoch);
  return right({
    state: next.right,
    report: { ...report, ...losses.right, milliseconds },
  });
}
