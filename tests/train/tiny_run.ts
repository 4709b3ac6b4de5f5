/**
 * A pre-training run so small that every test can afford many of them.
 *
 * @module
 */
import {
  DEFAULT_PRETRAIN_CONFIG,
  epochOrder,
  type ModelSpec,
  planOf,
  type PretrainConfig,
  type Result,
  right as success,
  rootKey,
  split,
  uniforms,
} from "../../core/mod.ts";
import type { Backend } from "../../backends/backend.ts";
import type { Batch, DataError } from "../../data/mod.ts";
import { sharedBatches, sharedIndices } from "../../data/loader/step_rows.ts";
import {
  type BatchSource,
  createRunFolder,
  describeTrainError,
  initialSnapshot,
  keepingHooks,
  type KeepingOptions,
  type KeptCheckpoints,
  type PretrainRun,
  pretrainTask,
  type RunFolder,
  type Snapshot,
  type StepReport,
  type Task,
  train,
  type TrainError,
  type Training,
} from "../../train/mod.ts";
import type { TrainOptions } from "../../train/engine/loop.ts";
import { right } from "../right.ts";

/** 16×16 grey images, 4×4 patches, four blocks, a stage after each. */
export const TINY_MODEL: ModelSpec = {
  imageSize: 16,
  patchSize: 4,
  inChannels: 1,
  embedDim: 8,
  depth: 4,
  numHeads: 2,
  mlpRatio: 2,
  stages: ([4, 2, 1, 0.5] as const).map((scale, tap) => ({
    tap,
    scale,
    weight: 1,
  })),
  decoderEmbedDim: 8,
  decoderDepth: 1,
  decoderNumHeads: 2,
  hogNbins: 4,
  maskRatio: 0.75,
  layerNormEps: 1e-6,
};

/** Two epochs of six steps; layers freeze at steps 5, 7, 9 and 11. */
export const TINY_CONFIG: PretrainConfig = {
  ...DEFAULT_PRETRAIN_CONFIG,
  model: TINY_MODEL,
  freeze: { ...DEFAULT_PRETRAIN_CONFIG.freeze, t0: 0.4, scale: "linear" },
  rate: { ...DEFAULT_PRETRAIN_CONFIG.rate, baseRate: 0.01, endRate: 0 },
  training: {
    epochs: 2,
    warmupEpochs: 0.25,
    batchSize: 2,
    accumIter: 1,
    seed: 7,
  },
};

/** Images of an epoch. */
export const TINY_SAMPLES = 12;

/** A pre-training with its configuration. */
export type TinyRun = Task<Batch> & PretrainRun;

/** The tiny run, changed at will. */
export function tinyRun(change: Partial<PretrainConfig> = {}): TinyRun {
  const config = { ...TINY_CONFIG, ...change };
  const plan = right(planOf(config, TINY_SAMPLES));
  return { ...pretrainTask({ config, plan }), config, plan };
}

/** Opens a folder for a run that begins as its seed says. */
export const newRunFolder = (
  path: string,
  run: TinyRun,
  keep: number | KeptCheckpoints,
): Promise<Result<TrainError, RunFolder>> =>
  createRunFolder(path, run, initialSnapshot(run.config, run.plan), keep);

const imageOf = ({ imageSize, inChannels }: ModelSpec, index: number) =>
  uniforms(split(rootKey(1), index), inChannels * imageSize ** 2);

/** A batch of images that depend on their indices only. */
export function syntheticBatch(
  model: ModelSpec,
  indices: Int32Array,
): Batch {
  const { imageSize, inChannels } = model;
  const images = [...indices].flatMap((index) => [...imageOf(model, index)]);
  return {
    shape: [indices.length, inChannels, imageSize, imageSize],
    images: Float32Array.from(images),
    indices,
    labels: null,
  };
}

/** Synthetic images in the order that seed and epoch give. */
export function syntheticBatches(config: PretrainConfig): BatchSource {
  const { seed, batchSize } = config.training;
  return async function* (epoch, fromBatch, _pixels, rows) {
    const order = epochOrder(seed, epoch, TINY_SAMPLES);
    const count = rows === undefined ? 0 : sharedBatches(TINY_SAMPLES, rows);
    for (let k = fromBatch; rows !== undefined && k < count; k++) {
      const indices = sharedIndices(order, rows, k);
      yield success(syntheticBatch(config.model, indices)) as Result<
        DataError,
        Batch
      >;
    }
    if (rows !== undefined) return;
    for (let k = fromBatch; (k + 1) * batchSize <= TINY_SAMPLES; k++) {
      const indices = order.slice(k * batchSize, (k + 1) * batchSize);
      yield success(syntheticBatch(config.model, indices)) as Result<
        DataError,
        Batch
      >;
    }
  };
}

/** Starts the run on synthetic images. */
export function startTiny(
  backend: Backend,
  run: TinyRun,
  start: Snapshot = initialSnapshot(run.config, run.plan),
  options: Partial<TrainOptions<Batch>> = {},
): Training {
  return train(run, {
    backend,
    start,
    batches: syntheticBatches(run.config),
    ...options,
  });
}

/** A step of a run that is kept, and the checkpoint that was written after it. */
export interface KeptStep {
  readonly report: StepReport;
  readonly checkpoint: string | null;
}

/** Takes the steps of the tiny run and keeps it in its folder; an end by a signal is none. */
export async function* keptSteps(
  backend: Backend,
  run: TinyRun,
  keeping: Omit<KeepingOptions, "plan"> & { readonly folder: RunFolder },
  options: Partial<TrainOptions<Batch>> = {},
): AsyncGenerator<Result<TrainError, KeptStep>> {
  let checkpoint: string | null = null;
  const hooks = keepingHooks({
    ...keeping,
    plan: run.plan,
    onCheckpoint: (path) => void (checkpoint = path),
  });
  if (hooks._tag === "Left") return yield hooks;
  const going = startTiny(backend, run, keeping.folder.start, {
    ...options,
    hooks: hooks.right,
  });
  for await (const taken of going) {
    if (taken._tag === "Right") {
      yield success({ report: taken.right, checkpoint });
    } else if (taken.left._tag !== "Stopped") yield taken;
    checkpoint = null;
  }
  going.dispose();
}

/** The value of a success of training; fails the test on a failure. */
export function trained<A>(result: Result<TrainError, A>): A {
  if (result._tag === "Left") throw new Error(describeTrainError(result.left));
  return result.right;
}

/** Takes up to `count` further steps. */
export async function takeSteps(
  run: Training,
  count = Infinity,
): Promise<readonly StepReport[]> {
  const reports: StepReport[] = [];
  if (count === 0) return reports;
  for await (const report of run) {
    reports.push(trained(report));
    if (reports.length === count) break;
  }
  return reports;
}
