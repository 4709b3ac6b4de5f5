/** Memory and handles of long runs. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Backend } from "../backends/mod.ts";
import { randomImages } from "../bench/random_images.ts";
import {
  DEFAULT_PRETRAIN_CONFIG,
  type FreezePlan,
  type ModelSpec,
  planOf,
  type PretrainConfig,
} from "../core/mod.ts";
import {
  batchSource,
  initialSnapshot,
  orThrow,
  pretraining,
  type Training,
} from "../train/mod.ts";
import { countingPrograms, type Handles, handlesNow } from "./handles.ts";

/** Memory and handles held after a step. */
export interface MemoryPoint extends Handles {
  /** Steps done, in all runs. */
  readonly step: number;
  /** Memory that the process holds, MB (10⁶ bytes). */
  readonly rssMb: number;
  /** Tensors on the device. */
  readonly liveTensors: number;
  /** Programs on the device. */
  readonly programs: number;
}

/** Specification of the runs. */
export interface CourseSpec {
  /** The model; its images are random. */
  readonly model: ModelSpec;
  /** Steps of all runs together. */
  readonly steps: number;
  /**
   * Runs, one after the other: a single one, in which nothing freezes and every step
   * does the same, or several, in which layers freeze; then it is looked between runs.
   */
  readonly runs: number;
  /** Number of samples taken. */
  readonly looks: number;
}

const IMAGES = 64;
const BATCH = 4;
const ACCUMULATED = 2;

/** Eight images a step, in two micro-batches, clipped: every program of a step is used. */
function longConfig({ model, steps, runs }: CourseSpec): PretrainConfig {
  const images = Math.ceil(steps / runs) * BATCH * ACCUMULATED;
  return {
    ...DEFAULT_PRETRAIN_CONFIG,
    model,
    freeze: { ...DEFAULT_PRETRAIN_CONFIG.freeze, t0: runs === 1 ? 1 : 0.5 },
    clipGrad: 1,
    training: {
      epochs: Math.ceil(images / IMAGES),
      warmupEpochs: 0,
      batchSize: BATCH,
      accumIter: ACCUMULATED,
      seed: 0,
    },
  };
}

/** V8's own collector: without it, what is only garbage looks like a leak. */
export function garbageCollector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc");
}

function start(
  backend: Backend,
  config: PretrainConfig,
  plan: FreezePlan,
): Training {
  const { imageSize, inChannels } = config.model;
  const source = randomImages(IMAGES, imageSize, inChannels === 1 ? 1 : 3);
  return pretraining({
    config,
    plan,
    backend,
    batches: orThrow(batchSource(source, config)),
    start: initialSnapshot(config, plan),
  });
}

/** Takes steps and says how many there were in all, while they are held or between runs. */
async function* stepsOf(
  backend: Backend,
  spec: CourseSpec,
): AsyncGenerator<number> {
  const config = longConfig(spec);
  const plan = orThrow(planOf(config, IMAGES));
  const perRun = Math.ceil(spec.steps / spec.runs);
  for (let run = 0; run < spec.runs; run++) {
    const training = start(backend, config, plan);
    for await (const report of training) {
      orThrow(report);
      if (spec.runs === 1) yield training.step;
      if (training.step >= perRun) break;
    }
    training.dispose();
    if (spec.runs > 1) yield (run + 1) * perRun;
  }
}

/**
 * Takes steps and looks at what is held between them, garbage collected.
 *
 * @param backend Backend of the steps.
 * @param spec Number of runs and their model.
 * @throws If a step fails.
 */
export async function* memoryCourse(
  backend: Backend,
  spec: CourseSpec,
): AsyncGenerator<MemoryPoint> {
  const collectGarbage = garbageCollector();
  const counted = countingPrograms(backend);
  const every = Math.floor(spec.steps / spec.looks);
  let next = every;
  for await (const step of stepsOf(counted.backend, spec)) {
    if (step < next) continue;
    next += every;
    collectGarbage();
    yield {
      step,
      rssMb: Deno.memoryUsage().rss / 1e6,
      liveTensors: backend.liveTensors(),
      programs: counted.programs(),
      ...handlesNow(),
    };
  }
}

/**
 * Growth of a quantity after the warm-up of a run, which is its first third: the
 * highest point of the last third above that of the middle one.
 *
 * @param course Points in order, at least three.
 * @param of Quantity to look at; unknown counts as 0.
 * @returns Negative if something was given back.
 */
export function growthOf(
  course: readonly MemoryPoint[],
  of: keyof MemoryPoint,
): number {
  const third = Math.floor(course.length / 3);
  const highest = (points: readonly MemoryPoint[]): number =>
    Math.max(...points.map((point) => point[of] ?? 0));
  return highest(course.slice(-third)) -
    highest(course.slice(third, 2 * third));
}
