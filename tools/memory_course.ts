/**
 * Memory of a long run.
 *
 * @module
 */
import type { Backend } from "../backends/mod.ts";
import { randomImages } from "../bench/random_images.ts";
import {
  DEFAULT_PRETRAIN_CONFIG,
  describeFaults,
  type Faults,
  MODEL_PRESETS,
  planOf,
  type PretrainConfig,
  type Result,
} from "../core/mod.ts";
import { loadBatches, trainTransform } from "../data/mod.ts";
import {
  type BatchSource,
  describeTrainError,
  initialSnapshot,
  pretraining,
} from "../train/mod.ts";

/** Memory after a step. */
export interface MemoryPoint {
  /** Steps done. */
  readonly step: number;
  /** Memory that the process holds, MB (10⁶ bytes). */
  readonly rssMb: number;
  /** Tensors on the device. */
  readonly liveTensors: number;
}

const IMAGES = 64;

/** The smallest preset, eight images a step, nothing ever freezes: every step does the same. */
function longConfig(steps: number): PretrainConfig {
  const batchSize = 8;
  return {
    ...DEFAULT_PRETRAIN_CONFIG,
    model: MODEL_PRESETS.nano,
    freeze: { ...DEFAULT_PRETRAIN_CONFIG.freeze, t0: 1 },
    training: {
      epochs: Math.ceil(steps * batchSize / IMAGES),
      warmupEpochs: 0,
      batchSize,
      accumIter: 1,
      seed: 0,
    },
  };
}

function right<A>(result: Result<Faults, A>): A {
  if (result._tag === "Right") return result.right;
  throw new Error(describeFaults(result.left));
}

function batchesOf({ model, training }: PretrainConfig): BatchSource {
  const { imageSize, inChannels } = model;
  const source = randomImages(IMAGES, imageSize, inChannels === 1 ? 1 : 3);
  const { normalization } = source;
  const transform = right(
    trainTransform({ imageSize, inChannels, normalization }),
  );
  const { seed, batchSize } = training;
  return (epoch, fromBatch) =>
    loadBatches({ source, transform, seed, epoch, batchSize, fromBatch });
}

/**
 * Takes steps and looks at the memory after each.
 *
 * @param backend Where they are taken.
 * @param steps How many.
 * @throws If a step fails.
 */
export async function* memoryCourse(
  backend: Backend,
  steps: number,
): AsyncGenerator<MemoryPoint> {
  const config = longConfig(steps);
  const plan = right(planOf(config, IMAGES));
  const run = pretraining({
    config,
    plan,
    backend,
    batches: batchesOf(config),
    start: initialSnapshot(config, plan),
  });
  for await (const report of run) {
    if (report._tag === "Left") {
      throw new Error(describeTrainError(report.left));
    }
    const rssMb = Deno.memoryUsage().rss / 1e6;
    yield { step: run.step, rssMb, liveTensors: backend.liveTensors() };
    if (run.step === steps) break;
  }
  run.dispose();
}

const highest = (points: readonly MemoryPoint[]): number =>
  Math.max(...points.map(({ rssMb }) => rssMb));

/**
 * How much memory a run gains after its warm-up, which is its first third: the
 * highest point of the last third above that of the middle one. High points are
 * compared because garbage is collected now and then.
 *
 * @param course Points of all steps in order, at least three.
 * @returns MB; negative if memory was given back.
 */
export function memoryGrowth(course: readonly MemoryPoint[]): number {
  const third = Math.floor(course.length / 3);
  return highest(course.slice(-third)) -
    highest(course.slice(third, 2 * third));
}
