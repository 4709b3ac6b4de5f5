/** The run that a model would have on some pictures in some time. */
import type { TrainingConfig } from "../config/parts.ts";
import type { PretrainConfig } from "../config/pretrain.ts";
import { effectiveBatch } from "../config/recipes.ts";
import { stepsPerEpoch } from "../plan/run_length.ts";
import { type Faults, left, type Result, right } from "../result.ts";
import type { PictureFacts } from "./picture_models.ts";
import { recipeRate } from "./recipe_rate.ts";
import {
  type ModelChoice,
  MOST_EPOCHS,
  type SettledModel,
  settledModel,
  type Stated,
  withTraining,
} from "./settled_model.ts";
import {
  type ChosenImages,
  microBatches,
  type StepBatch,
  type StepBytes,
  stepImagesFor,
} from "./step_batch.ts";
import { imageSeconds, type TimedModel } from "./step_time.ts";

/** All that a fitted run follows from. */
export interface FitRequest {
  /** The pictures to learn from. */
  readonly pictures: PictureFacts;
  /** What is kept. */
  readonly stated: Stated;
  /** Minutes that are asked for. */
  readonly minutes: number;
  /** Seconds of them that are left for all steps together, above 0. */
  readonly seconds: number;
  /** True if that is insisted on, so that stated epochs that take longer are refused. */
  readonly isLimit: boolean;
  /** Bytes that the tensors of a step may take. */
  readonly memory: number;
  /** Steps that were timed on the device. */
  readonly timed: readonly TimedModel[];
  /** Processes that share each step; 1 by default. */
  readonly ranks?: number | undefined;
  /** True if no more will be timed, so that only models that were timed may be chosen. */
  readonly isLast: boolean;
}

/** Reasons for what was chosen, each a clause. */
export interface FitReasons {
  /** For the model and the size of its images. */
  readonly model: string;
  /** For the images of a step. */
  readonly batch: string;
  /** For the epochs. */
  readonly length: string;
}

/** A fitted run. */
export interface FittedRun {
  /** The whole configuration. */
  readonly config: PretrainConfig;
  /** Why it is that one. */
  readonly reasons: FitReasons;
  /** Floating-point operations of a step before anything freezes, for one image. */
  readonly flops: number;
  /** Seconds that all its steps take, as far as is known. */
  readonly seconds: number;
}

/** Part of the run that is warm-up: the recipes have a thirtieth and a tenth. */
const WARMUP = 1 / 20;

/** A model with the run that it would have. */
export interface Candidate extends FittedRun {
  /** Patches that the encoder sees for each of its parameters. */
  readonly patchesSeen: number;
  /** Epochs that the time allows; fewer than 1 if not even one. */
  readonly affordable: number;
  /** Seconds of one epoch. */
  readonly epochSeconds: number;
}

/** Epochs that a run has at least: those that are stated, or more than its warm-up. */
export const leastEpochs = (
  { training: { epochs, warmupEpochs = 0 } }: Pick<Stated, "training">,
): number => epochs ?? Math.floor(warmupEpochs) + 1;

/** Epochs, and why so many. */
function epochsOf(
  affordable: number,
  { training }: Stated,
): Pick<FitReasons, "length"> & Pick<TrainingConfig, "epochs"> {
  const { epochs } = training;
  if (epochs !== undefined) return { epochs, length: "as stated" };
  return affordable > MOST_EPOCHS && leastEpochs({ training }) < MOST_EPOCHS
    ? {
      epochs: MOST_EPOCHS,
      length: "as many as the longest runs of the papers, though there is time",
    }
    : {
      epochs: Math.max(leastEpochs({ training }), Math.floor(affordable)),
      length: "as many as the time allows",
    };
}

const hundredths = (value: number): number => Math.round(100 * value) / 100;

/** Images of a step: those that are stated, or as many as suit the run. */
function imagesOf(
  { pictures: { count }, stated, ranks }: FitRequest,
  seen: number,
): ChosenImages {
  const { batchSize, accumIter } = stated.training;
  return batchSize === undefined
    ? stepImagesFor(seen, count, ranks)
    : { images: batchSize * (accumIter ?? 1), because: "as stated" };
}

const megabytes = (bytes: number): number => Math.ceil(bytes / 1e6);

const tooLarge = (
  { fixed, perImage }: StepBytes,
  memory: number,
): Result<Faults, never> =>
  left([{
    _tag: "OutOfRange",
    path: "memory of a step",
    found: `${megabytes(fixed + perImage)} MB for one image at a time`,
    wanted: `at most ${megabytes(memory)} MB: a smaller model`,
  }]);

/** The configuration with its lengths and its rate. */
function completed(
  config: PretrainConfig,
  lengths: StepBatch & Pick<TrainingConfig, "epochs">,
  { apply, training }: Stated,
): Result<Faults, PretrainConfig> {
  const warmupEpochs = training.warmupEpochs ??
    hundredths(WARMUP * lengths.epochs);
  const timed = withTraining(config, { ...lengths, warmupEpochs });
  const baseRate = recipeRate(timed.model, effectiveBatch(timed));
  return apply({ ...timed, rate: { ...timed.rate, baseRate } });
}

/**
 * The run that a model would have.
 *
 * @returns The run, or what is wrong with the model under what is stated.
 */
export function candidateRun(
  choice: ModelChoice,
  request: FitRequest,
): Result<Faults, Candidate> {
  const { pictures: { count, side, channels }, stated, seconds } = request;
  const settled = settledModel(stated, choice, side, channels);
  if (settled._tag === "Left") return settled;
  const { config: { model }, costs: { flops, cost, bytes } } = settled.right;
  const secondsOf = (images: number): number =>
    cost * imageSeconds(request)({ model, flops }, images);
  const { epochs } = stated.training;
  const most = (epochs ?? MOST_EPOCHS) * count;
  const seen = epochs === undefined
    ? Math.min(most, seconds / secondsOf(1))
    : most;
  const step = imagesOf(request, seen);
  const { memory } = request;
  const batch = microBatches(step.images, bytes, memory, stated.training);
  return batch === null
    ? tooLarge(bytes, memory)
    : fittedTo(request, settled.right, batch, step, secondsOf);
}

/** The run of a model whose steps are known. */
function fittedTo(
  { pictures: { count }, stated, seconds }: FitRequest,
  { config, costs: { flops, patches } }: SettledModel,
  batch: StepBatch,
  step: ChosenImages,
  secondsOf: (images: number) => number,
): Result<Faults, Candidate> {
  const images = batch.batchSize * batch.accumIter;
  const seenInEpoch = Math.max(1, stepsPerEpoch(batch, count)) * images;
  const epochSeconds = seenInEpoch * secondsOf(images);
  const affordable = seconds / epochSeconds;
  const { epochs, length } = epochsOf(affordable, stated);
  const whole = completed(config, { ...batch, epochs }, stated);
  return whole._tag === "Left" ? whole : right({
    config: whole.right,
    reasons: { model: "as stated", batch: step.because, length },
    seconds: epochs * epochSeconds,
    patchesSeen: epochs * seenInEpoch * patches,
    ...{ flops, affordable, epochSeconds },
  });
}
