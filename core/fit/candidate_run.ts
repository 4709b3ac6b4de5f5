/** The run that a model would have on some pictures in some time. */
import type { TrainingConfig } from "../config/parts.ts";
import type { PretrainConfig } from "../config/pretrain.ts";
import { effectiveBatch, RECIPES } from "../config/recipes.ts";
import type { ModelSpec } from "../models/model_spec.ts";
import { stepsPerEpoch } from "../plan/freeze_plan.ts";
import { type Faults, left, type Result, right } from "../result.ts";
import { type ModelCosts, modelCosts } from "./model_costs.ts";
import type { PictureFacts, StatedSizes } from "./picture_models.ts";
import { recipeRate } from "./recipe_rate.ts";
import {
  type ChosenImages,
  microBatches,
  type StepBatch,
  stepImagesFor,
} from "./step_batch.ts";
import { imageSeconds, type TimedModel } from "./step_time.ts";

/** What somebody has stated of a configuration; it is kept. */
export interface Stated {
  /** The model, where a whole one is stated. */
  readonly model?: ModelSpec | undefined;
  /** Sizes of its images and patches, where only these are. */
  readonly sizes: StatedSizes;
  /** Lengths. */
  readonly training: Partial<TrainingConfig>;
  /**
   * A configuration with all that is stated in place of its own.
   *
   * @returns The same for what it has given before, or every fault in it.
   */
  apply(config: PretrainConfig): Result<Faults, PretrainConfig>;
}

/** All that a fitted run follows from. */
export interface FitRequest {
  readonly pictures: PictureFacts;
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
  /** True if no more will be, so that only models that were timed may be chosen. */
  readonly isLast: boolean;
}

/** Reasons for what was chosen, each a clause. */
export interface FitReasons {
  readonly model: string;
  readonly batch: string;
  readonly length: string;
}

/** A fitted run. */
export interface FittedRun {
  readonly config: PretrainConfig;
  readonly reasons: FitReasons;
  /** Floating-point operations of a step before anything freezes, for one image. */
  readonly flops: number;
  /** Seconds that all its steps take, as far as is known. */
  readonly seconds: number;
}

/** The most epochs that masked autoencoders were trained for in their paper (He et al.). */
export const MOST_EPOCHS = 1600;

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

const withTraining = (
  config: PretrainConfig,
  training: Partial<TrainingConfig>,
): PretrainConfig => ({
  ...config,
  training: { ...config.training, ...training },
});

/** The recipe that all fitted runs are changes of, for a model, with what is stated. */
function withModel(
  model: ModelSpec,
  { apply, training }: Stated,
): Result<Faults, PretrainConfig> {
  // Lengths come later; until then a stated warm-up has to fit in.
  const epochs = training.epochs ?? MOST_EPOCHS +
      Math.ceil(training.warmupEpochs ?? 0);
  const lengths = { epochs, warmupEpochs: 0 };
  return apply(withTraining({ ...RECIPES.small, model }, lengths));
}

/** Epochs, and why so many. */
function epochsOf(
  affordable: number,
  { training }: Stated,
): Pick<FitReasons, "length"> & Pick<TrainingConfig, "epochs"> {
  const { epochs } = training;
  if (epochs !== undefined) return { epochs, length: "as stated" };
  return affordable > MOST_EPOCHS
    ? {
      epochs: MOST_EPOCHS,
      length: "as many as the longest runs of the papers, though there is time",
    }
    : {
      epochs: Math.max(1, Math.floor(affordable)),
      length: "as many as the time allows",
    };
}

const hundredths = (value: number): number => Math.round(100 * value) / 100;

/** Images of a step: those that are stated, or as many as suit the run. */
function imagesOf(
  { batchSize, accumIter }: Partial<StepBatch>,
  seen: number,
  count: number,
): ChosenImages {
  return batchSize === undefined
    ? stepImagesFor(seen, count)
    : { images: batchSize * (accumIter ?? 1), because: "as stated" };
}

const tooLarge = (memory: number): Result<Faults, never> =>
  left([{
    _tag: "OutOfRange",
    path: "model",
    found: "one of which not even an image at a time fits",
    wanted: `a smaller one: there are ${Math.floor(memory / 1e6)} MB of memory`,
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
  model: ModelSpec,
  request: FitRequest,
): Result<Faults, Candidate> {
  const { pictures: { count }, stated, seconds, memory } = request;
  const settled = withModel(model, stated);
  if (settled._tag === "Left") return settled;
  const costs = modelCosts(settled.right);
  if (costs._tag === "Left") return costs;
  const { flops, bytes } = costs.right;
  const wanted = { model: settled.right.model, flops };
  const { epochs } = stated.training;
  const secondsOf = (images: number): number =>
    costs.right.cost * imageSeconds(request)(wanted, images);
  const most = (epochs ?? MOST_EPOCHS) * count;
  const seen = epochs === undefined
    ? Math.min(most, seconds / secondsOf(1))
    : most;
  const step = imagesOf(stated.training, seen, count);
  const batch = microBatches(step.images, bytes, memory, stated.training);
  if (batch === null) return tooLarge(memory);
  return fittedTo(request, settled.right, costs.right, batch, step, secondsOf);
}

/** The run of a model whose steps are known. */
function fittedTo(
  { pictures: { count }, stated, seconds }: FitRequest,
  config: PretrainConfig,
  { flops, patches }: ModelCosts,
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
