/** Time of the steps of a training, as it runs ahead where the engine can. */
import type { Backend, ProgramWork } from "../../../backends/backend.ts";
import {
  orThrow,
  type StepReport,
  train,
  type Training,
} from "../../../train/mod.ts";
import type { Batch } from "../../../data/mod.ts";
import { stepFlops } from "../../step/step_spec.ts";
import { type BenchedRun, repeated, startOf } from "./benched_run.ts";
import { type Facts, median, short } from "../part.ts";
import { watchedBackend } from "../../step/watched_backend.ts";

/** Steps that do not count: memory of those that are sent ahead takes turns, and each turn is bound once. */
const WARM_UP = 10;

/** How long steps are timed. */
export interface TimedFor {
  /** Seconds after which no step is begun, once there were three. */
  readonly seconds: number;
  /** The most steps. */
  readonly steps: number;
  /** Steps that do not count, the first among them. */
  readonly warmUp?: number;
  /** Called once the steps were timed, with more of them at hand. */
  readonly then?: (more: () => Promise<unknown>) => Promise<Facts>;
}

/** Steps that were timed. */
export interface TimedSteps extends Facts {
  /** Milliseconds of a step: the time of all by their number. */
  readonly ms: number;
}

/** Work as it is written down. */
const workFacts = (
  work: ProgramWork | null,
  encodes: readonly number[],
): Facts =>
  work === null ? {} : {
    dispatches: work.dispatches,
    encodeMs: short(Math.min(...encodes)),
    gigabytesMoved: short(work.bytesMoved / 1e9),
    scratchGigabytes: short(work.scratchBytes / 1e9),
  };

/** Takes steps until there are enough of them. */
async function stepsOf(
  next: () => Promise<StepReport>,
  { seconds, steps }: TimedFor,
  after: () => void,
): Promise<{ readonly ms: number; readonly reports: readonly StepReport[] }> {
  const start = performance.now();
  const reports: StepReport[] = [];
  while (
    reports.length < steps &&
    (reports.length < 3 || performance.now() - start < 1000 * seconds)
  ) {
    reports.push(await next());
    after();
  }
  return { ms: (performance.now() - start) / reports.length, reports };
}

/** Reports of a training one after the other. */
function reportsOf(training: Training): () => Promise<StepReport> {
  const reports = training[Symbol.asyncIterator]();
  return async () => {
    const next = await reports.next();
    if (next.done) throw new Error("The training ended");
    return orThrow(next.value);
  };
}

/** Milliseconds of the processor to make the inputs of a step: its masks. */
function inputsMs({ task }: BenchedRun, [batch]: readonly Batch[]): number {
  const placed = { item: batch!, epoch: 0, place: 0 };
  const times = Array.from({ length: 3 }, () => {
    const start = performance.now();
    task.inputs(placed);
    return performance.now() - start;
  });
  return short(median(times));
}

/**
 * Times the steps of a phase. Between the reports of two steps so many others are taken,
 * and at both as many are on their way: nothing waits that would not wait in a run.
 */
export async function timeSteps(
  engine: Backend,
  run: BenchedRun,
  batches: readonly Batch[],
  timed: TimedFor,
): Promise<TimedSteps> {
  const watched = watchedBackend(engine);
  const { backend } = watched;
  const training = train(run.task, {
    backend,
    batches: repeated(batches),
    start: startOf(run),
    ahead: backend.runsAhead ?? 0,
  });
  try {
    const next = reportsOf(training);
    const began = performance.now();
    const first = await next();
    const firstMs = performance.now() - began;
    for (let i = 1; i < (timed.warmUp ?? WARM_UP); i++) await next();
    const encodes: number[] = [];
    const { ms, reports } = await stepsOf(next, timed, () => {
      const work = watched.work();
      if (work !== null) encodes.push(work.encodeMilliseconds);
    });
    const totals = reports.map(({ milliseconds }) => milliseconds.total);
    const images = run.config.training.batchSize;
    const flops = stepFlops(run.plan, run.phase, images);
    const more = await timed.then?.(next) ?? {};
    return {
      ms: short(ms),
      medianMs: short(median(totals)),
      steps: reports.length,
      imagesPerSecond: short(1000 * images / ms),
      gflop: short(flops / 1e9),
      tflops: short(flops / ms / 1e9),
      ...workFacts(watched.work(), encodes),
      inputsMs: inputsMs(run, batches),
      compileMs: short(watched.compileMs()),
      firstStepMs: short(firstMs),
      liveGigabytes: short(engine.liveBytes() / 1e9),
      losses: [first.loss, reports.at(-1)?.loss],
      ...more,
    };
  } finally {
    training.dispose();
  }
}
