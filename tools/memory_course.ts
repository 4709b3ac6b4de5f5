/**
 * Memory of a long run.
 *
 * @module
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Backend } from "../backends/mod.ts";
import { randomImages } from "../bench/random_images.ts";
import {
  DEFAULT_PRETRAIN_CONFIG,
  MODEL_PRESETS,
  planOf,
  type PretrainConfig,
} from "../core/mod.ts";
import {
  type BatchSource,
  batchSource,
  initialSnapshot,
  orThrow,
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

function batchesOf(config: PretrainConfig): BatchSource {
  const { imageSize, inChannels } = config.model;
  const source = randomImages(IMAGES, imageSize, inChannels === 1 ? 1 : 3);
  return orThrow(batchSource(source, config));
}

/** V8's own collector: without it, what is only garbage would look like a leak. */
function garbageCollector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc");
}

/**
 * Takes steps and looks at the memory between them, garbage collected.
 *
 * @param backend Where they are taken.
 * @param steps How many.
 * @param every Steps between two looks.
 * @throws If a step fails.
 */
export async function* memoryCourse(
  backend: Backend,
  steps: number,
  every: number,
): AsyncGenerator<MemoryPoint> {
  const collectGarbage = garbageCollector();
  const config = longConfig(steps);
  const plan = orThrow(planOf(config, IMAGES));
  const run = pretraining({
    config,
    plan,
    backend,
    batches: batchesOf(config),
    start: initialSnapshot(config, plan),
  });
  for await (const report of run) {
    orThrow(report);
    if (run.step % every === 0) {
      collectGarbage();
      const rssMb = Deno.memoryUsage().rss / 1e6;
      yield { step: run.step, rssMb, liveTensors: backend.liveTensors() };
    }
    if (run.step >= steps) break;
  }
  run.dispose();
}

const highest = (points: readonly MemoryPoint[]): number =>
  Math.max(...points.map(({ rssMb }) => rssMb));

/**
 * How much memory a run gains after its warm-up, which is its first third: the
 * highest point of the last third above that of the middle one.
 *
 * @param course Points in order, at least three.
 * @returns MB; negative if memory was given back.
 */
export function memoryGrowth(course: readonly MemoryPoint[]): number {
  const third = Math.floor(course.length / 3);
  return highest(course.slice(-third)) -
    highest(course.slice(third, 2 * third));
}
