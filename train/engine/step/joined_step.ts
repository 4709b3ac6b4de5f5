/** Steps of one program each, decided on where the numbers are, so that several may be on their way. */
import type { DeviceTensor, DeviceTensors } from "../../../backends/backend.ts";
import { left, type Result, right } from "../../../core/mod.ts";
import { describeNonFinite, type TrainError } from "../../train_error.ts";
import { accumulate, nextBatch } from "./accumulate.ts";
import type { StepContext } from "./step_context.ts";
import {
  finiteNumbers,
  numbersFrom,
  reportedNames,
  type StepNumbers,
} from "./health.ts";
import {
  ALLOWANCE_INPUT,
  JOINED,
  type JoinedPrograms,
} from "./joined_phase.ts";
import { phaseCompilerOf } from "./phases.ts";
import type { SentStep, Settled, StepWay } from "./sent_step.ts";
import type { ItemIterator } from "../epoch_items.ts";
import type { TrainState } from "../state.ts";
import { strideFrom } from "../task.ts";
import { reportOf } from "./step.ts";
import type { StepReport, StepTimes } from "../training.ts";
import {
  disposeAll,
  download,
  orBackendFailed,
  uploadAll,
} from "../tensors.ts";
import { optimizerOf, replacedBy, uploadScalars } from "./update.ts";

/** More skipped steps than this are not counted down on a device: float32 could not. */
const MOST_ALLOWED = 2 ** 24;

/** Inputs of a step beside its state, and how long its samples took. */
interface Given {
  readonly tensors: DeviceTensors;
  readonly waited: number;
}

/** The inputs of a step on the device: one micro-batch, or sums over several. */
async function givenTo<Item>(
  context: StepContext<Item>,
  { summing }: JoinedPrograms,
  state: TrainState,
  epoch: number,
  items: ItemIterator<Item>,
): Promise<Result<TrainError, Given>> {
  if (summing !== null) {
    const sums = await accumulate(context, summing, state, epoch, items);
    if (sums._tag === "Left") return sums;
    return right({ tensors: sums.right.outputs, waited: sums.right.waited });
  }
  const { step } = state;
  context.onProgress?.({ _tag: "Computing", step, done: 0, all: 1 });
  const next = await nextBatch(context, step, epoch, 0, items);
  if (next._tag === "Left") return next;
  const { batch, waited } = next.right;
  return right({ tensors: uploadAll(context.backend, batch), waited });
}

/** Times of a step, of which most is spent while other steps are on their way. */
interface Clock {
  /** The moment at which the numbers of the last settled step were known. */
  known: number;
}

/** Moments and durations of a step, until it was sent. */
interface Sending {
  readonly started: number;
  readonly compile: number;
  readonly waited: number;
}

/** The times of a step whose numbers are known now; the steps of a run add up to its time. */
function timesOf(clock: Clock, { started, ...spent }: Sending): StepTimes {
  const now = performance.now();
  const total = now - Math.max(started, clock.known);
  clock.known = now;
  const data = Math.min(spent.waited, total);
  const compile = Math.min(spent.compile, total - data);
  return { data, compile, gradient: total - data - compile, update: 0, total };
}

/** The allowance on the device, once it is there. */
interface Allowance {
  tensor: DeviceTensor | null;
}

/** What all steps of a training share. */
interface Line<Item> {
  readonly context: StepContext<Item>;
  readonly allowance: Allowance;
  readonly clock: Clock;
}

/** The state after a step that was sent. */
const movedBy = (
  { task }: StepContext<unknown>,
  programs: JoinedPrograms,
  { step, skipped, ...state }: TrainState,
  outputs: DeviceTensors,
): TrainState => ({
  step: strideFrom(task, step).to,
  skipped,
  parameters: replacedBy(state.parameters, outputs),
  optimizer: optimizerOf(task, programs, outputs),
  statistics: replacedBy(state.statistics, outputs),
  averages: replacedBy(state.averages, outputs),
});

/** Tensors that stay the training's until a step is settled. */
interface Held {
  /** Losses and sums of squares. */
  readonly reported: DeviceTensors;
  /** Optimizer state that the step ends: of what its phase has frozen. */
  readonly ended: DeviceTensors;
}

/** Forgets that a step was sent, and all after it; none of them had an effect. */
function takenBack(
  before: TrainState,
  { step: _, optimizer, ...now }: TrainState,
): TrainState {
  const { step } = before;
  return { ...now, step, optimizer: replacedBy(before.optimizer, optimizer) };
}

/** A step's place in the training and in time. */
interface Place {
  readonly step: number;
  readonly epoch: number;
  readonly sending: Sending;
}

/** The report of a step that counts. */
function reported(
  { context, clock }: Line<unknown>,
  programs: JoinedPrograms,
  { step, epoch, sending }: Place,
  numbers: StepNumbers,
): StepReport {
  const milliseconds = timesOf(clock, sending);
  return { ...reportOf(context, programs, step, epoch, numbers), milliseconds };
}

/** What became of a step, by its numbers. */
function settled<Item>(
  line: Line<Item>,
  programs: JoinedPrograms,
  before: TrainState,
  place: Place,
  { ended, numbers, now }: {
    readonly ended: DeviceTensors;
    readonly numbers: StepNumbers;
    readonly now: TrainState;
  },
): Settled {
  const { context: { task, skipNonFinite = 0 }, allowance } = line;
  const finite = finiteNumbers(task, programs, place.step, numbers);
  if (finite._tag === "Left" && now.skipped >= skipNonFinite) {
    allowance.tensor?.dispose();
    allowance.tensor = null;
    return { state: takenBack(before, now), report: finite };
  }
  disposeAll(ended.values());
  const report = reported(line, programs, place, numbers);
  if (finite._tag === "Right") return { state: now, report: right(report) };
  const skipped = describeNonFinite(finite.left);
  return {
    state: { ...now, skipped: now.skipped + 1 },
    report: right({ ...report, skipped }),
  };
}

/** A step on its way. */
function sentStep<Item>(
  line: Line<Item>,
  programs: JoinedPrograms,
  before: TrainState,
  place: Place,
  { reported, ended }: Held,
): SentStep {
  return {
    step: place.step,
    settle: async (now) => {
      const read = await download(line.context.backend, reported);
      if (read._tag === "Left") return read;
      disposeAll(reported.values());
      const numbers = numbersFrom(programs, read.right);
      const known = { ended, numbers, now };
      return right(settled(line, programs, before, place, known));
    },
    dispose: () => disposeAll([...reported.values(), ...ended.values()]),
  };
}

/** Runs the program of a step. */
async function run<Item>(
  { context, allowance }: Line<Item>,
  programs: JoinedPrograms,
  state: TrainState,
  given: DeviceTensors,
): Promise<Result<TrainError, DeviceTensors>> {
  const { backend, skipNonFinite = 0, signal } = context;
  if (signal?.aborted) return left({ _tag: "Stopped" });
  // What is left of the allowance is counted down on the device from here on.
  const allowed = Math.min(
    MOST_ALLOWED,
    Math.max(0, Math.ceil(skipNonFinite) - state.skipped),
  );
  allowance.tensor ??= backend.upload({
    shape: [],
    data: Float32Array.of(allowed),
  });
  const scalars = uploadScalars(context, programs, state.step);
  const { parameters, optimizer, statistics, averages } = state;
  const outputs = await programs.step.run(
    new Map([
      ...[parameters, optimizer, statistics, averages, given, scalars]
        .flatMap((tensors) => [...tensors]),
      [ALLOWANCE_INPUT, allowance.tensor],
    ]),
  );
  disposeAll(scalars.values());
  if (outputs._tag === "Left") return orBackendFailed(outputs);
  allowance.tensor = outputs.right.get(ALLOWANCE_INPUT) ?? null;
  return outputs;
}

/** Tensors by name, but those of some names. */
const without = (tensors: DeviceTensors, others: DeviceTensors) =>
  new Map([...tensors].filter(([name]) => !others.has(name)));

/**
 * Steps that are handed over as one program, of an engine with `runsAhead`. Whether they
 * have an effect is decided on the device: nothing in main memory waits for a loss.
 */
export function joinedSteps<Item>(context: StepContext<Item>): StepWay<Item> {
  const { backend, task, onProgress } = context;
  const phases = phaseCompilerOf(JOINED, backend, task, { onProgress });
  const allowance: Allowance = { tensor: null };
  const line: Line<Item> = { context, allowance, clock: { known: 0 } };
  return {
    send: async (state, epoch, items) => {
      const started = performance.now();
      const made = await phases.at(state.step);
      if (made._tag === "Left") return made;
      const { right: programs } = made;
      const compile = performance.now() - started;
      const given = await givenTo(context, programs, state, epoch, items);
      if (given._tag === "Left") return given;
      const { tensors, waited } = given.right;
      const outputs = await run(line, programs, state, tensors);
      disposeAll(tensors.values());
      if (outputs._tag === "Left") return outputs;
      const next = movedBy(context, programs, state, outputs.right);
      const names = reportedNames(programs);
      const held = {
        reported: new Map(
          [...outputs.right].filter(([name]) => names.includes(name)),
        ),
        ended: without(state.optimizer, next.optimizer),
      };
      const sending = { started, compile, waited };
      const place = { step: state.step, epoch, sending };
      const sent = sentStep(line, programs, state, place, held);
      return right({ state: next, sent });
    },
    dispose: () => {
      allowance.tensor?.dispose();
      phases.dispose();
    },
  };
}
