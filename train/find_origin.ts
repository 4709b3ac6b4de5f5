/**
 * Looking for the first number that is not finite.
 *
 * @module
 */
import type { DeviceTensors } from "../backends/backend.ts";
import {
  type Faults,
  type Graph,
  type Owner,
  parameterSpecs,
  type Phase,
  type PretrainConfig,
  type Result,
  stepGraph,
} from "../core/mod.ts";
import type { Batch, DataError } from "../data/mod.ts";
import { batchTensors } from "./batch_tensors.ts";
import { download } from "./download.ts";
import { describePart, type Origin } from "./origin.ts";
import { compileGraph, runOnce } from "./run_graph.ts";
import type { HostTensors } from "./engine/snapshot.ts";
import type { StepContext } from "./step_context.ts";
import type { NonFiniteError } from "./train_error.ts";
import type { TrainState } from "./train_state.ts";

type First = NonNullable<Origin["first"]>;

/** The step that failed. */
export interface FailedStep {
  /** Its phase. */
  readonly phase: Phase;
  /** The state before it. */
  readonly state: TrainState;
  /** Its epoch. */
  readonly epoch: number;
  /** Its micro-batches and possibly more, from the source again. */
  readonly batches: AsyncIterable<Result<DataError, Batch>>;
}

const isFinite = (data: Float32Array | undefined): boolean =>
  data === undefined || data.every(Number.isFinite);

/** The first parameter that is not finite, from the images to the losses. */
async function badParameter(
  { backend, config, plan }: StepContext,
  parameters: DeviceTensors,
): Promise<First | null> {
  const read = await download(backend, parameters);
  if (read._tag === "Left") return null;
  const bad = parameterSpecs(config.model).find(({ name }) =>
    !isFinite(read.right.get(name))
  );
  return bad === undefined ? null : {
    kind: "parameter",
    name: bad.name,
    part: describePart(plan, bad.owner),
  };
}

/** The first image that is not finite, by the number of its sample. */
function badImage({ images, indices }: Batch): First | null {
  const bad = images.findIndex((pixel) => !Number.isFinite(pixel));
  const sample = indices[Math.floor(bad * indices.length / images.length)];
  return bad < 0 ? null : { kind: "images", name: `${sample}`, part: "" };
}

/** An activation that is looked at, in the order of the forward pass. */
interface Watched {
  readonly name: string;
  readonly owner: Owner;
}

/** What each block and each decoder gives. */
function watched(
  { model }: PretrainConfig,
  { liveStages }: Phase,
): readonly Watched[] {
  const taps = liveStages.map((stage) => model.stages[stage]?.tap ?? 0);
  const blocks = Array.from(
    { length: Math.max(...taps) + 1 },
    (_, index): Watched => ({
      name: `blocks.${index}`,
      owner: { _tag: "Block", index },
    }),
  );
  return [
    ...blocks,
    ...liveStages.map((index): Watched => ({
      name: `decoder.${index}`,
      owner: { _tag: "Stage", index },
    })),
  ];
}

/** The forward pass of a step, with what is watched as outputs. */
function forwardGraph(
  { model, training }: PretrainConfig,
  { liveStages }: Phase,
): Result<Faults, Graph> {
  const { batchSize: batch, accumIter } = training;
  const samples = batch * accumIter;
  const isTrainable = () => false;
  return stepGraph(
    { model, batch, samples, liveStages, isTrainable },
    ({ blocks, stages }) =>
      Object.fromEntries([
        ...blocks.map((id, index) => [`blocks.${index}`, id] as const),
        ...stages.map(({ index, prediction }) =>
          [`decoder.${index}`, prediction] as const
        ),
      ]),
  );
}

function firstActivation(
  { config, plan }: StepContext,
  phase: Phase,
  outputs: HostTensors,
): First | null {
  const bad = watched(config, phase).find(({ name }) =>
    !isFinite(outputs.get(name))
  );
  return bad === undefined ? null : {
    kind: "activation",
    name: bad.name,
    part: describePart(plan, bad.owner),
  };
}

/** The first image or activation of the step that is not finite. */
async function badBatch(
  context: StepContext,
  { phase, state, epoch, batches }: FailedStep,
): Promise<First | null> {
  const { backend, config } = context;
  const { seed, accumIter } = config.training;
  const graph = forwardGraph(config, phase);
  const program = await compileGraph(backend, graph);
  if (program._tag === "Left") return null;
  let left = accumIter;
  let found: First | null = null;
  for await (const batch of batches) {
    if (batch._tag === "Left") break;
    const tensors = batchTensors(config.model, batch.right, { seed, epoch });
    found = badImage(batch.right);
    if (found !== null) break;
    const { parameters } = state;
    const outputs = await runOnce(backend, program.right, parameters, tensors);
    if (outputs._tag === "Left") break;
    found = firstActivation(context, phase, outputs.right);
    if (found !== null || --left === 0) break;
  }
  program.right.dispose();
  return found;
}

/**
 * Looks for the first number that is not finite: among the parameters, then among the
 * images and in the forward pass, which is run again. It takes as long as several
 * steps, so it is for a run that ends.
 *
 * @param context Engine, configuration and plan.
 * @param failed The step that failed.
 * @param error What is known of it.
 * @returns The same error with the first place; if none is found, because only
 * gradients are not finite or the engine fails again, the error as it was.
 */
export async function withOrigin(
  context: StepContext,
  failed: FailedStep,
  error: NonFiniteError,
): Promise<NonFiniteError> {
  const parameter = await badParameter(context, failed.state.parameters);
  const first = parameter ??
    (error._tag === "NonFiniteLoss" ? await badBatch(context, failed) : null);
  const stage = error.origin?.stage ?? null;
  return first === null ? error : { ...error, origin: { stage, first } };
}
