/** Search for the first number that is not finite. */
import { type Phase, phaseAt, type Result } from "../../core/mod.ts";
import type { DataError } from "../../data/mod.ts";
import type { NonFiniteError, Origin, TrainError } from "../train_error.ts";
import type { StepContext } from "./step/step_context.ts";
import { compileGraph, runOnce } from "./programs.ts";
import type { TrainState } from "./state.ts";
import { type ActivationGraph, type Placed, strideFrom } from "./task.ts";
import { download, type HostBatch, type HostTensors } from "./tensors.ts";

type First = NonNullable<Origin["first"]>;

/** The step that failed. */
export interface FailedStep<Item> {
  /** The state before it. */
  readonly state: TrainState;
  /** Its micro-batches and possibly more, from the source again. */
  readonly items: AsyncIterable<Result<TrainError | DataError, Placed<Item>>>;
}

const isFinite = (data: Float32Array | undefined): boolean =>
  data === undefined || data.every(Number.isFinite);

/** The first parameter that is not finite, in the order of the forward pass. */
async function badParameter(
  { backend, task }: StepContext<unknown>,
  { parameters, step }: TrainState,
): Promise<First | null> {
  const read = await download(backend, parameters);
  if (read._tag === "Left") return null;
  const bad = task.stateShapes(step).parameters.find(({ name }) =>
    !isFinite(read.right.get(name))
  );
  return bad === undefined
    ? null
    : { kind: "parameter", name: bad.name, part: task.partOf(bad.name) };
}

const firstActivation = (
  { activations }: ActivationGraph,
  outputs: HostTensors,
): First | null => {
  const bad = activations.find(({ name }) => !isFinite(outputs.get(name)));
  return bad === undefined ? null : { kind: "activation", ...bad };
};

/** Runs the forward pass of a phase; gives its first activation that is not finite. */
async function openForward(
  { backend, task }: StepContext<unknown>,
  phase: Phase,
  { parameters, statistics }: TrainState,
) {
  const forward = task.forwardGraph?.(phase);
  if (forward === undefined) return null;
  const program = await compileGraph(backend, forward.graph);
  if (program._tag === "Left") return null;
  const { right: compiled } = program;
  const given = new Map([...parameters, ...statistics]);
  return {
    dispose: () => compiled.dispose(),
    badActivation: async (inputs: HostBatch): Promise<First | null> => {
      const outputs = await runOnce(backend, compiled, given, inputs);
      return outputs._tag === "Left"
        ? null
        : firstActivation(forward, outputs.right);
    },
  };
}

/** The first sample or activation of the step that is not finite. */
async function badBatch<Item>(
  context: StepContext<Item>,
  { state, items }: FailedStep<Item>,
): Promise<First | null> {
  const { task } = context;
  const phase = phaseAt(task.plan)(state.step);
  const forward = await openForward(context, phase, state);
  const { to } = strideFrom(task, state.step);
  let left = (to - state.step) * task.training.accumIter;
  try {
    for await (const placed of items) {
      if (placed._tag === "Left") return null;
      const sample = task.badSample(placed.right.item);
      if (sample !== null) return { kind: "images", name: sample, part: "" };
      const inputs = task.inputs(placed.right);
      if (inputs._tag === "Left") return null;
      const found = await forward?.badActivation(inputs.right) ?? null;
      if (found !== null || --left === 0) return found;
    }
    return null;
  } finally {
    forward?.dispose();
  }
}

/** What the first rank found that found anything: it was looked for on all, each with its samples. */
async function firstOfRanks(
  { meeting }: StepContext<unknown>,
  own: First | null,
): Promise<First | null> {
  if (meeting === undefined) return own;
  const found = await meeting.exchange(JSON.stringify(own), "its origin");
  if (found._tag === "Left") return own;
  const all: readonly (First | null)[] = found.right.map((text) =>
    JSON.parse(text)
  );
  return all.find((first) => first !== null) ?? null;
}

/**
 * Looks for the first number that is not finite: among the parameters, then among the
 * samples and in the forward pass, which is run again. It takes as long as several
 * steps, so it is for a training that ends.
 *
 * @returns The same error with the first place; if none is found, because only
 * gradients are not finite or the engine fails again, the error as it was.
 */
export async function withOrigin<Item>(
  context: StepContext<Item>,
  failed: FailedStep<Item>,
  error: NonFiniteError,
): Promise<NonFiniteError> {
  if (error._tag === "NonFiniteStatistics") return error;
  const parameter = await badParameter(context, failed.state);
  const own = parameter ??
    (error._tag === "NonFiniteLoss" ? await badBatch(context, failed) : null);
  const first = await firstOfRanks(context, own);
  const stage = error.origin?.stage ?? null;
  return first === null ? error : { ...error, origin: { stage, first } };
}
