/**
 * Timing of training steps.
 *
 * @module
 */
import { type Backend, selectBackend } from "../backends/mod.ts";
import {
  describeFaults,
  type FreezePlan,
  type Phase,
  type PretrainConfig,
  sizeOf,
  stateKinds,
  stateName,
} from "../core/mod.ts";
import { loadBatches, trainTransform } from "../data/mod.ts";
import {
  type BatchIterator,
  compilePhase,
  describeTrainError,
  disposePhase,
  disposeState,
  initialSnapshot,
  movedParameters,
  type Snapshot,
  type StepTimes,
  trainStep,
  uploadState,
} from "../train/mod.ts";
import { peakRssMb } from "./peak_memory.ts";
import { randomImages } from "./random_images.ts";
import {
  benchedConfig,
  benchedPlan,
  stepFlops,
  type StepRow,
  type StepSpec,
} from "./step_spec.ts";

/** The state with which a phase would be entered, but with first values. */
function snapshotIn(
  config: PretrainConfig,
  plan: FreezePlan,
  { from }: Phase,
): Snapshot {
  const moved = movedParameters(config, plan, from + 1);
  return {
    step: from,
    parameters: initialSnapshot(config, plan).parameters,
    optimizer: new Map(
      moved.flatMap(({ name, shape }) =>
        stateKinds(config.optimizer).map((kind) => [
          stateName(kind, name),
          new Float32Array(sizeOf(shape)),
        ])
      ),
    ),
  };
}

/** Batches of random pixels, made when they are asked for, so that their time is seen. */
function batchesOf(
  { model, training: { batchSize } }: PretrainConfig,
  count: number,
): BatchIterator {
  const { imageSize, inChannels } = model;
  const source = randomImages(
    count * batchSize,
    imageSize,
    inChannels === 1 ? 1 : 3,
  );
  const { normalization } = source;
  const transform = trainTransform({ imageSize, inChannels, normalization });
  if (transform._tag === "Left") {
    throw new Error(describeFaults(transform.left));
  }
  return loadBatches({
    source,
    transform: transform.right,
    seed: 0,
    epoch: 0,
    batchSize,
    prefetch: 0,
  });
}

/** Times of some steps of a phase, after one that is not timed. */
async function timeSteps(
  backend: Backend,
  config: PretrainConfig,
  plan: FreezePlan,
  phase: Phase,
  steps: number,
): Promise<readonly StepTimes[]> {
  const programs = await compilePhase(backend, config, plan, phase);
  if (programs._tag === "Left") {
    throw new Error(describeTrainError(programs.left));
  }
  const context = { backend, config, plan };
  const batches = batchesOf(config, steps + 1);
  let state = uploadState(backend, config, snapshotIn(config, plan, phase));
  const times: StepTimes[] = [];
  for (let k = 0; k <= steps; k++) {
    const next = await trainStep(context, programs.right, state, 0, batches);
    if (next._tag === "Left") throw new Error(describeTrainError(next.left));
    state = next.right.state;
    if (k > 0) times.push(next.right.report.milliseconds);
  }
  await batches.return?.();
  disposeState(state);
  disposePhase(programs.right);
  return times;
}

const fastest = (times: readonly StepTimes[]): StepTimes =>
  times.reduce((best, next) => next.total < best.total ? next : best);

/**
 * Measures one row in this process.
 *
 * @param spec What is measured.
 * @returns The fastest of the timed steps and the memory that all took.
 * @throws With a message to print if the steps cannot be taken.
 */
export async function measureStep(spec: StepSpec): Promise<StepRow> {
  const config = benchedConfig(spec);
  const plan = benchedPlan(config);
  if (plan._tag === "Left") throw new Error(describeFaults(plan.left));
  const phase = plan.right.phases.find(({ frozenLayers }) =>
    frozenLayers === spec.frozen
  );
  if (phase === undefined) {
    throw new Error(`No phase has ${spec.frozen} frozen layers`);
  }
  const chosen = await selectBackend(spec.backend);
  if (chosen._tag === "Left") {
    throw new Error(describeTrainError({
      _tag: "BackendFailed",
      error: chosen.left,
    }));
  }
  const { backend } = chosen.right;
  const { total, gradient, update, data } = fastest(
    await timeSteps(backend, config, plan.right, phase, spec.steps),
  );
  backend.dispose();
  return {
    backend: backend.device.name,
    model: spec.model,
    imageSize: config.model.imageSize,
    batchSize: spec.batchSize,
    threads: spec.threads,
    frozen: spec.frozen,
    liveStages: phase.liveStages.length,
    ms: total,
    gradientMs: gradient,
    updateMs: update,
    dataMs: data,
    flops: stepFlops(plan.right, phase, spec.batchSize),
    peakRssMb: peakRssMb(),
  };
}
