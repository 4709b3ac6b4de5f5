/** Timing of training steps. */
import { type Backend, selectBackend } from "../backends/mod.ts";
import type { FreezePlan, Phase, PretrainConfig } from "../core/mod.ts";
import { type Batch, loadBatches, trainTransform } from "../data/mod.ts";
import {
  batchParts,
  compilePhase,
  disposePhase,
  disposeState,
  initialSnapshot,
  type ItemIterator,
  orThrow,
  pretrainTask,
  type StepTimes,
  trainingMemory,
  type TrainState,
  trainStep,
  uploadState,
} from "../train/mod.ts";
import { entrySnapshot } from "./entry_snapshot.ts";
import {
  collectGarbage,
  heapMb,
  peakRssMb,
  resetPeakRss,
  residentMb,
} from "./peak_memory.ts";
import { processorHere } from "./processor.ts";
import { randomImages } from "./random_images.ts";
import {
  benchedConfig,
  benchedPlan,
  stepFlops,
  type StepRow,
  type StepSpec,
} from "./step_spec.ts";

/** Batches of random pixels, made when they are asked for, so that their time is seen. */
function batchesOf(
  { model, training: { batchSize } }: PretrainConfig,
  count: number,
): ItemIterator<Batch> {
  const { imageSize, inChannels } = model;
  const source = randomImages(
    count * batchSize,
    imageSize,
    inChannels === 1 ? 1 : 3,
  );
  const { normalization } = source;
  const transform = orThrow(
    trainTransform({ imageSize, inChannels, normalization }),
  );
  return loadBatches({
    source,
    transform,
    seed: 0,
    epoch: 0,
    batchSize,
    prefetch: 0,
  });
}

/** First values on the device; no copy of them is kept. */
function entryState(
  backend: Backend,
  config: PretrainConfig,
  plan: FreezePlan,
  phase: Phase,
): TrainState {
  const { parameters } = initialSnapshot(config, plan);
  const snapshot = entrySnapshot(config, plan, phase, parameters);
  return uploadState(backend, pretrainTask({ config, plan }), snapshot);
}

/** Times of some steps, and the memory that came with them, MB. */
interface TimedSteps {
  readonly times: readonly StepTimes[];
  readonly stepMb: number;
}

/** Memory of the process without the JavaScript heap, MB. */
const nativeMb = (mb: number): number => mb - heapMb();

/** Takes some steps of a phase, after one that is not timed. */
async function timeSteps(
  backend: Backend,
  config: PretrainConfig,
  plan: FreezePlan,
  phase: Phase,
  steps: number,
): Promise<TimedSteps> {
  const task = pretrainTask({ config, plan });
  const programs = orThrow(await compilePhase(backend, task, phase));
  const batches = batchesOf(config, steps + 2);
  // Loads what decodes images.
  await batches.next();
  await collectGarbage();
  const engineMb = nativeMb(residentMb());
  const context = { backend, task };
  let state = entryState(backend, config, plan, phase);
  await collectGarbage();
  const times: StepTimes[] = [];
  for (let k = 0; k <= steps; k++) {
    const next = orThrow(await trainStep(context, programs, state, 0, batches));
    state = next.state;
    if (k > 0) times.push(next.report.milliseconds);
    else resetPeakRss();
  }
  const stepMb = nativeMb(peakRssMb()) - engineMb;
  await batches.return?.();
  disposeState(state);
  disposePhase(programs);
  return { times, stepMb };
}

/** Milliseconds and megabytes to three digits behind the point. */
const rounded = (value: number): number => Math.round(1000 * value) / 1000;

const fastest = (times: readonly StepTimes[]): StepTimes =>
  times.reduce((best, next) => next.total < best.total ? next : best);

/**
 * Measures one row in this process.
 *
 * @param spec Specification of the measurement.
 * @returns The fastest of the timed steps and the memory that all took.
 * @throws With a message to print if the steps cannot be taken.
 */
export async function measureStep(spec: StepSpec): Promise<StepRow> {
  const config = benchedConfig(spec);
  const plan = orThrow(benchedPlan(config));
  const phase = plan.phases.find(({ frozenLayers }) =>
    frozenLayers === spec.frozen
  );
  if (phase === undefined) {
    throw new Error(`No phase has ${spec.frozen} frozen layers`);
  }
  const { backend } = orThrow(
    await selectBackend(spec.backend, {
      ...spec.threads === null ? {} : { threads: spec.threads },
      int8: spec.precision === "int8",
    }),
  );
  const task = pretrainTask({ config, plan });
  const { times, stepMb } = await timeSteps(
    backend,
    config,
    plan,
    phase,
    spec.steps,
  );
  const { total, gradient, update, data } = fastest(times);
  backend.dispose();
  return {
    backend: backend.device.name,
    model: spec.model,
    imageSize: config.model.imageSize,
    batchSize: spec.batchSize,
    device: backend.device.description,
    processor: processorHere(),
    frozen: spec.frozen,
    liveStages: phase.liveStages.length,
    ms: rounded(total),
    gradientMs: rounded(gradient),
    updateMs: rounded(update),
    dataMs: rounded(data),
    flops: stepFlops(plan, phase, spec.batchSize),
    stepMb: rounded(stepMb),
    predictedMb: rounded(
      orThrow(trainingMemory(task, phase, batchParts(task, backend))).total /
        1e6,
    ),
    peakRssMb: rounded(peakRssMb()),
  };
}
