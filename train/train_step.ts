/**
 * One optimizer step.
 *
 * @module
 */
import type { Backend, DeviceTensors } from "../backends/backend.ts";
import {
  corrections,
  type FreezePlan,
  left,
  type PretrainConfig,
  ratesAt,
  type Result,
  right,
  stageLossName,
} from "../core/mod.ts";
import type { Batch, DataError } from "../data/mod.ts";
import { batchTensors, uploadAll } from "./batch_tensors.ts";
import { type PhasePrograms, rateName } from "./phase_programs.ts";
import type { StepReport } from "./step_report.ts";
import type { TrainError } from "./train_error.ts";
import { disposeAll, type TrainState } from "./train_state.ts";

/** What stays the same from step to step. */
export interface StepContext {
  /** Where it computes. */
  readonly backend: Backend;
  /** Everything that determines the run. */
  readonly config: PretrainConfig;
  /** Its plan. */
  readonly plan: FreezePlan;
}

/** Micro-batches still to come in an epoch. */
export type BatchIterator = AsyncIterator<Result<DataError, Batch>>;

/** The state after a step and what happened in it. */
export interface StepResult {
  /** Replaces the state before, whose changed tensors are gone. */
  readonly state: TrainState;
  /** What happened; `compile` is 0. */
  readonly report: StepReport;
}

/** The summed outputs of the gradient program and the milliseconds spent waiting for images. */
interface Accumulated {
  readonly outputs: DeviceTensors;
  readonly waited: number;
}

const backendFailed = <A>(
  result: Result<import("../backends/backend.ts").BackendError, A>,
): Result<TrainError, A> =>
  result._tag === "Left"
    ? left({ _tag: "BackendFailed", error: result.left })
    : result;

/** Losses and gradients of the next micro-batch. */
async function differentiate(
  { backend, config }: StepContext,
  programs: PhasePrograms,
  state: TrainState,
  epoch: number,
  next: IteratorResult<Result<DataError, Batch>>,
): Promise<Result<TrainError, DeviceTensors>> {
  if (next.done === true) {
    const reason =
      `it ended before step ${state.step} of epoch ${epoch} had its images`;
    return left({ _tag: "FileFailed", path: "the image source", reason });
  }
  if (next.value._tag === "Left") {
    return left({ _tag: "DataFailed", error: next.value.left });
  }
  const moment = { seed: config.training.seed, epoch };
  const batch = uploadAll(
    backend,
    batchTensors(config.model, next.value.right, moment),
  );
  const outputs = await programs.gradient.run(
    new Map([...state.parameters, ...batch]),
  );
  disposeAll(batch.values());
  return backendFailed(outputs);
}

/** Adds the outputs of one more micro-batch; takes both. */
async function add(
  programs: PhasePrograms,
  sum: DeviceTensors,
  part: DeviceTensors,
): Promise<Result<TrainError, DeviceTensors>> {
  if (programs.sum === null) return right(part);
  const named = (prefix: string, tensors: DeviceTensors) =>
    [...tensors].map(([name, tensor]) =>
      [`${prefix}/${name}`, tensor] as const
    );
  const total = await programs.sum.run(
    new Map([...named("sum", sum), ...named("part", part)]),
  );
  disposeAll(part.values());
  disposeAll(sum.values());
  return backendFailed(total);
}

/** Losses and gradients of all micro-batches of a step. */
async function accumulate(
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
    const next = await batches.next();
    waited += performance.now() - asked;
    const part = await differentiate(context, programs, state, epoch, next);
    if (part._tag === "Left") {
      disposeAll(sum?.values() ?? []);
      return part;
    }
    const total: Result<TrainError, DeviceTensors> = sum === null
      ? part
      : await add(programs, sum, part.right);
    if (total._tag === "Left") return total;
    sum = total.right;
  }
  return right({ outputs: sum ?? new Map(), waited });
}

/** Reads the losses; this waits until the device has computed them. */
async function readLosses(
  stages: readonly number[],
  outputs: DeviceTensors,
): Promise<Pick<StepReport, "loss" | "stageLosses">> {
  const read = async (name: string): Promise<number> =>
    (await outputs.get(name)?.read())?.[0] ?? NaN;
  const stageLosses: Record<number, number> = {};
  for (const stage of stages) {
    stageLosses[stage] = await read(stageLossName(stage));
  }
  return { loss: await read("loss"), stageLosses };
}

/** Moves the trained parameters; takes the gradients and the tensors that it replaces. */
async function update(
  { backend, config, plan }: StepContext,
  { update: program, trained }: PhasePrograms,
  { step, parameters, optimizer }: TrainState,
  gradients: DeviceTensors,
): Promise<Result<TrainError, TrainState>> {
  const rates = ratesAt(plan)(step);
  const scalars = uploadAll(
    backend,
    Object.fromEntries(
      Object.entries({
        ...Object.fromEntries(
          rates.layers.map((rate, layer) => [rateName(layer), rate]),
        ),
        [rateName(null)]: rates.unfrozen,
        ...corrections(config.optimizer, step + 1),
      }).map((
        [name, value],
      ) => [name, { shape: [], data: Float32Array.of(value) }]),
    ),
  );
  const moved = await program.run(
    new Map([...parameters, ...optimizer, ...gradients, ...scalars]),
  );
  disposeAll(scalars.values());
  disposeAll(gradients.values());
  if (moved._tag === "Left") return backendFailed(moved);
  const names = new Set(trained.map(({ name }) => name));
  disposeAll(
    [...parameters].filter(([name]) => names.has(name)).map(([, tensor]) =>
      tensor
    ),
  );
  disposeAll(optimizer.values());
  return right({
    step: step + 1,
    parameters: new Map(
      [...parameters].map((
        [name, old],
      ) => [name, moved.right.get(name) ?? old]),
    ),
    optimizer: new Map([...moved.right].filter(([name]) => !names.has(name))),
  });
}

function reportOf(
  { config, plan }: StepContext,
  { phase }: PhasePrograms,
  { step }: TrainState,
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
 * @param state The state before; still whole if the step fails before its update.
 * @param epoch Epoch of the step.
 * @param batches The micro-batches still to come in the epoch.
 * @returns The state after, or why there is none.
 */
export async function trainStep(
  context: StepContext,
  programs: PhasePrograms,
  state: TrainState,
  epoch: number,
  batches: BatchIterator,
): Promise<Result<TrainError, StepResult>> {
  const started = performance.now();
  const accumulated = await accumulate(
    context,
    programs,
    state,
    epoch,
    batches,
  );
  if (accumulated._tag === "Left") return accumulated;
  const { outputs, waited } = accumulated.right;
  const losses = await readLosses(programs.phase.liveStages, outputs);
  const differentiated = performance.now();
  if (
    ![losses.loss, ...Object.values(losses.stageLosses)].every(Number.isFinite)
  ) {
    disposeAll(outputs.values());
    return left({
      _tag: "NonFiniteLoss",
      step: state.step,
      stageLosses: losses.stageLosses,
    });
  }
  const next = await update(context, programs, state, outputs);
  if (next._tag === "Left") return next;
  const ended = performance.now();
  const milliseconds = {
    data: waited,
    gradient: differentiated - started - waited,
    update: ended - differentiated,
    compile: 0,
    total: ended - started,
  };
  const report = {
    ...reportOf(context, programs, state, epoch),
    ...losses,
    milliseconds,
  };
  return right({ state: next.right, report });
}
