/** Timing of training steps. */
import type { ProgramWork } from "../../backends/backend.ts";
import { type Backend, selectBackend } from "../../backends/mod.ts";
import type { FreezePlan, Phase, PretrainConfig } from "../../core/mod.ts";
import { type Batch, loadBatches, trainTransform } from "../../data/mod.ts";
import {
  compilePhase,
  disposePhase,
  disposeState,
  initialSnapshot,
  type ItemIterator,
  onlyShare,
  orThrow,
  pretrainTask,
  type StepTimes,
  type Task,
  train,
  trainingMemory,
  type TrainState,
  trainStep,
  uploadState,
} from "../../train/mod.ts";
import { entrySnapshot } from "./entry_snapshot.ts";
import {
  collectGarbage,
  heapMb,
  peakRssMb,
  resetPeakRss,
  residentMb,
} from "./peak_memory.ts";
import { processorHere } from "../processor.ts";
import { randomImages } from "../random_images.ts";
import {
  benchedConfig,
  benchedPlan,
  stepFlops,
  type StepRow,
  type StepSpec,
} from "./step_spec.ts";
import { watchedBackend } from "./watched_backend.ts";

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

/** Steps of a phase. */
interface Steps {
  readonly backend: Backend;
  readonly config: PretrainConfig;
  readonly plan: FreezePlan;
  readonly phase: Phase;
  readonly task: Task<Batch>;
  readonly batches: ItemIterator<Batch>;
}

/** Times of some steps, and the memory and work that came with them. */
interface TimedSteps {
  readonly times: readonly StepTimes[];
  /** MB. */
  readonly stepMb: number;
  /** Work of a step on a card, the encoding of the fastest. */
  readonly work: ProgramWork | null;
}

/** Memory of the process without the JavaScript heap, MB. */
const nativeMb = (mb: number): number => mb - heapMb();

/** Takes steps that are waited for, one program after the other; the first does not count. */
async function* waitedSteps(
  { backend, task, phase, batches }: Steps,
  start: () => Promise<TrainState>,
): AsyncGenerator<StepTimes, void> {
  const programs = orThrow(await compilePhase(backend, task, phase));
  const context = { backend, task };
  let state = await start();
  try {
    for (;;) {
      const next = await trainStep(context, programs, state, 0, batches);
      state = orThrow(next).state;
      yield orThrow(next).report.milliseconds;
    }
  } finally {
    disposeState(state);
    disposePhase(programs);
  }
}

/** Takes steps that are sent ahead, as a training does. */
async function* sentSteps(
  { backend, config, plan, phase, task, batches }: Steps,
): AsyncGenerator<StepTimes, void> {
  const { parameters } = initialSnapshot(config, plan);
  const training = train(task, {
    backend,
    batches: () => ({ [Symbol.asyncIterator]: () => batches }),
    start: entrySnapshot(config, plan, phase, parameters),
    ahead: backend.runsAhead ?? 0,
  });
  try {
    for await (const step of training) yield orThrow(step).milliseconds;
  } finally {
    training.dispose();
  }
}

/** The mean of times whose parts overlap. */
function meanOf(times: readonly StepTimes[]): StepTimes {
  const mean = (of: (times: StepTimes) => number): number =>
    times.reduce((sum, time) => sum + of(time), 0) / times.length;
  return {
    data: mean(({ data }) => data),
    gradient: mean(({ gradient }) => gradient),
    update: mean(({ update }) => update),
    compile: 0,
    total: mean(({ total }) => total),
  };
}

/** Takes some steps of a phase, after one that is not timed, or several that are sent ahead. */
async function timeSteps(
  engine: Backend,
  { config, plan, phase }: Pick<Steps, "config" | "plan" | "phase">,
  steps: number,
): Promise<TimedSteps> {
  const { backend, work } = watchedBackend(engine);
  const task = pretrainTask({ config, plan });
  const { runsAhead = 0 } = backend;
  const isAhead = runsAhead > 0;
  // Memory of steps that are sent ahead takes turns: all turns are bound before any step counts.
  const warmUp = isAhead ? 2 * runsAhead + 2 : 1;
  const batches = batchesOf(config, 1 + warmUp + steps + runsAhead);
  // Loads what decodes images.
  await batches.next();
  const all: Steps = { backend, config, plan, phase, task, batches };
  await collectGarbage();
  let engineMb = nativeMb(residentMb());
  const start = async (): Promise<TrainState> => {
    await collectGarbage();
    engineMb = nativeMb(residentMb());
    const state = entryState(backend, config, plan, phase);
    await collectGarbage();
    return state;
  };
  const taken = isAhead ? sentSteps(all) : waitedSteps(all, start);
  const times: StepTimes[] = [];
  const encodes: number[] = [];
  for (let k = 1; k <= warmUp + steps; k++) {
    const next = await taken.next();
    if (next.done) break;
    encodes.push(work()?.encodeMilliseconds ?? 0);
    if (k > warmUp) times.push(next.value);
    else if (k === 1) resetPeakRss();
  }
  const stepMb = nativeMb(peakRssMb()) - engineMb;
  const spent = work();
  await taken.return();
  await batches.return?.();
  return {
    times: isAhead ? [meanOf(times)] : times,
    stepMb,
    work: spent === null
      ? null
      : { ...spent, encodeMilliseconds: Math.min(...encodes) },
  };
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
  const { times, stepMb, work } = await timeSteps(
    backend,
    { config, plan, phase },
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
      orThrow(trainingMemory(task, phase, onlyShare(task, backend))).total /
        1e6,
    ),
    peakRssMb: rounded(peakRssMb()),
    dispatches: work?.dispatches ?? null,
    encodeMs: work === null ? null : rounded(work.encodeMilliseconds),
    movedMb: work === null ? null : rounded(work.bytesMoved / 1e6),
  };
}
