/** A configuration that is fitted to images, a device and a time. */
import type { Backend } from "../../backends/mod.ts";
import {
  effectiveBatch,
  type FitRequest,
  type FittedRun,
  fittedRun,
  phaseFlops,
  planOf,
  type Stated,
  type StepToTime,
  stepToTime,
  type TimedModel,
} from "../../core/mod.ts";
import { type ImageSource, typicalSide } from "../../data/mod.ts";
import type { Ranks } from "../../ranks/mod.ts";
import { batchSource, initialSnapshot, pretrainTask } from "../../train/mod.ts";
import { CommandFailed, must } from "../command/command_failed.ts";
import { deviceFrom } from "../command/device_flags.ts";
import { loadingFrom } from "../images/loading.ts";
import { duration } from "../output/words.ts";
import { measuredSteps } from "../runs/measured_steps.ts";
import type { RunValues } from "../runs/run_flags.ts";
import { tensorMemory } from "../runs/step_size.ts";

/** What a run is fitted to, beside what is stated. */
export interface FitContext {
  /** Images to learn from. */
  readonly train: ImageSource;
  /** True if there are images that the encoder is judged by at the end. */
  readonly isJudged: boolean;
  /** Flags of loading and of the device. */
  readonly values: RunValues;
  /** The processes that share the run; `null` where there is one. */
  readonly ranks: Pick<Ranks, "size" | "localSize"> | null;
  readonly say: (line: string) => void;
}

/** A time to be fitted to. */
export interface GivenTime {
  readonly minutes: number;
  /** True if it was asked for, so that stated epochs which take longer are refused. */
  readonly isStated: boolean;
}

/** Part of the time that goes into choosing, and its most seconds. */
const CHOOSING = { part: 0.1, seconds: 30 } as const;

/** Part of the time for which one step is timed again and again, and its limits in seconds. */
const TIMING = { part: 0.02, least: 0.3, most: 2.5 } as const;

/** Parts of the rest that the steps get: judging takes up to a tenth of theirs, pictures and checkpoints a little. */
const STEPS = { judged: 0.92, alone: 0.98 } as const;

/** Part of the time that the steps get however long the start took. */
const LEAST_STEPS = 0.5;

/** Bytes for a step's tensors on a device that does not say what it has: a small graphics card's. */
const UNKNOWN_MEMORY = 4e9;

/** Part of the memory that is planned for. */
const MEMORY_PART = 0.5;

const seconds = (milliseconds: number): number => milliseconds / 1000;

/** Seconds that are left for steps. */
function stepsIn({ minutes }: GivenTime, isJudged: boolean): number {
  const all = 60 * minutes;
  // The clock began with the program.
  const left = all - seconds(performance.now());
  const part = isJudged ? STEPS.judged : STEPS.alone;
  return part * Math.max(left, LEAST_STEPS * all);
}

/** Times the steps of a training, or says for how long they took at least. */
async function timedStep(
  { config, flops }: StepToTime,
  { train, values, ranks }: FitContext,
  backend: Backend,
  enough: number,
  limit: AbortSignal | undefined,
): Promise<TimedModel> {
  const plan = must(planOf(config, train.length));
  const loading = loadingFrom(train.length, values);
  const began = performance.now();
  const { "skip-non-finite": skipNonFinite } = values;
  const size = ranks?.size ?? 1;
  const timed = { model: config.model, flops, images: effectiveBatch(config) };
  try {
    const { meanSeconds } = await measuredSteps(
      {
        ...{ plan, task: pretrainTask({ config, plan }) },
        batches: must(batchSource(train, config, loading)),
        start: initialSnapshot(config, plan),
        costOf: phaseFlops(plan),
      },
      { backend, skipNonFinite, signal: limit },
      enough,
    );
    return { ...timed, seconds: meanSeconds / size };
  } catch (thrown) {
    if (limit?.aborted !== true || !(thrown instanceof CommandFailed)) {
      throw thrown;
    }
    return { ...timed, seconds: seconds(performance.now() - began) / size };
  } finally {
    loading.workers?.[Symbol.dispose]();
  }
}

/** Times steps until the run that would be chosen is known, or the time is over. */
async function timedModels(
  request: Omit<FitRequest, "timed" | "isLast">,
  context: FitContext,
  backend: Backend,
): Promise<readonly TimedModel[]> {
  const all = 60 * request.minutes;
  const most = Math.min(CHOOSING.part * all, CHOOSING.seconds);
  const enough = Math.min(
    TIMING.most,
    Math.max(TIMING.least, TIMING.part * all),
  );
  const end = performance.now() + 1000 * most;
  const timed: TimedModel[] = [];
  for (;;) {
    const left = end - performance.now();
    if (timed.length > 0 && left <= 0) return timed;
    const next = must(stepToTime({ ...request, timed, isLast: false }));
    if (next === null) return timed;
    // The first is the smallest: something has to be known.
    const limit = timed.length === 0 ? undefined : AbortSignal.timeout(left);
    timed.push(await timedStep(next, context, backend, enough, limit));
  }
}

/**
 * Fits a configuration to images, a device and a time. Steps are timed on the device for
 * at most a tenth of it.
 *
 * @param stated What flags state; it is kept.
 * @throws {CommandFailed} where no such run fits, or a step fails.
 */
export async function fittedConfig(
  stated: Stated,
  time: GivenTime,
  context: FitContext,
): Promise<FittedRun> {
  const { train, isJudged, values, ranks, say } = context;
  const side = await typicalSide(train);
  const asked = {
    pictures: {
      count: train.length,
      side: side ?? 1,
      channels: train.normalization.mean.length,
    },
    ...{ stated, minutes: time.minutes, isLimit: time.isStated },
    ...{ seconds: stepsIn(time, isJudged), memory: Infinity, timed: [] },
    ranks: ranks?.size,
  };
  const isTimeless = must(stepToTime({ ...asked, isLast: false })) === null;
  if (isTimeless && stated.training.batchSize !== undefined) {
    return must(fittedRun({ ...asked, isLast: true }));
  }
  const { backend } = await deviceFrom(values, {}, undefined, ranks);
  try {
    const memory = tensorMemory(backend.device, ranks?.localSize ?? 1);
    const request = {
      ...asked,
      memory: memory === null ? UNKNOWN_MEMORY : MEMORY_PART * memory,
    };
    if (!isTimeless) {
      say(
        `fitting: model and lengths to ${
          duration(60 * time.minutes)
        }, by steps that are timed on ${backend.device.name}`,
      );
    }
    const timed = await timedModels(request, context, backend);
    const rest = stepsIn(time, isJudged);
    return must(fittedRun({ ...request, seconds: rest, timed, isLast: true }));
  } finally {
    backend.dispose();
  }
}
